// What a power failure would take from a node's folder: every write and every change of a name that was not synced yet,
// with what is needed to take it back. One thread at a time.
//
// The disk is the strictest that POSIX allows. Bytes of a file, and its length, are safe once that file was synced
// after they were written. A name that was created, changed or removed is safe once its *folder* was synced; that the
// file was synced is not enough, unless names are `journaled`: then every sync, of whatever file, makes safe all names
// that were changed before it, as file systems with one journal do. Whoever writes tells it before the system call goes
// through, and after a sync.
//
//   what was removed or replaced is kept as a hard link in `stash`, a folder beside, until its folder was synced
//
// Not seen: writes through a shared mapping. They survive.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ordeal::nemesis {

class UndoLog {
 public:
  using Inode = std::pair<dev_t, ino_t>;
  using Mark = std::uint64_t;  // all that was told up to now

  // What a power failure took, or left half done.
  struct Losses {
    std::int64_t files = 0;   // of which something was dropped
    std::int64_t writes = 0;  // dropped whole
    std::int64_t torn = 0;    // dropped in part
    std::int64_t bytes = 0;   // of both
    std::int64_t names = 0;   // created, renamed or removed, and now as before
    bool operator==(const Losses&) const = default;
  };

  // Neither folder needs to exist yet; both are on one file system.
  UndoLog(std::filesystem::path folder, std::filesystem::path stash, bool journaled = false);
  ~UndoLog();  // forgets
  UndoLog(const UndoLog&) = delete;
  UndoLog& operator=(const UndoLog&) = delete;

  const std::filesystem::path& folder() const { return folder_; }

  // A file is tracked from its first write on, by a descriptor of our own, so that its inode is not given away.
  bool tracks(const Inode& inode) const { return files_.contains(inode); }
  void track(const Inode& inode, int descriptor);   // takes it over; open for reading and writing
  int descriptor(const Inode& inode) const;         // of a tracked file; stays ours
  std::uint64_t size_of(const Inode& inode) const;  // of a tracked file, as it is now

  // Before it happens, to a tracked file.
  void before_write(const Inode& inode, std::uint64_t offset, std::uint64_t length);
  void before_cut(const Inode& inode, std::uint64_t size);  // nothing behind `size` stays as it is
  // Before it happens, to a name within the folder. Paths are absolute and free of links.
  void before_create(const std::filesystem::path& path);  // a file, folder or link
  void before_remove(const std::filesystem::path& path);  // a file or an empty folder
  void before_rename(const std::filesystem::path& from, const std::filesystem::path& to, bool exchange);

  Mark mark() const { return next_; }
  void synced(const Inode& inode, Mark mark);  // the file, since the mark was taken
  void names_synced(const std::filesystem::path& folder, Mark mark);
  void all_synced(Mark mark);
  void forget();  // whatever there is: the folder was emptied

  // Takes back all that was not synced. `torn`: of the last writes some may have reached the disk, the last of them in
  // part, up to the end of a sector; so may the first of the changes of names. Nothing of the node may run.
  Losses lose(bool torn, std::uint64_t draw);

 private:
  struct Write {
    Mark told = 0;
    std::uint64_t offset = 0, length = 0;
    std::uint64_t size = 0;  // of the file before
    std::string bytes;       // that it overwrote
  };
  struct File {
    int descriptor = -1;
    std::vector<Write> writes;  // not synced, in order
  };
  enum class Change : std::uint8_t { create, remove, remove_folder, rename, exchange };
  struct Name {
    Mark told = 0;
    Change change = Change::create;
    std::filesystem::path path, from;  // `from` of a rename
    std::filesystem::path kept;        // in the stash: what was removed or replaced; empty: nothing
  };

  void all_names_synced(Mark mark);
  void make_room();
  std::filesystem::path keep(const std::filesystem::path& path);
  void release(const Name& name);
  void take_back(const Name& name);
  void take_back(File& file, std::size_t kept, std::uint64_t torn_at, Losses& losses);

  const std::filesystem::path folder_, stash_;
  const bool journaled_;
  std::map<Inode, File> files_;
  std::vector<Name> names_;
  Mark next_ = 1;
  std::uint64_t stashed_ = 0;  // ever, to number them
};

}  // namespace ordeal::nemesis
