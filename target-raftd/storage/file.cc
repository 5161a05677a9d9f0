#include "target-raftd/storage/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace raftd::storage {
namespace {

constexpr std::size_t zeros_step = std::size_t{1} << 20;

std::string cure(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "free space there, then start raftd again";
    case EIO:
      return "the disk is failing; check the kernel log before starting raftd again";
    case EACCES:
    case EPERM:
    case EROFS:
      return "make it writable for the user of raftd, or give --data another folder";
    case EFBIG:
      return "raise the file size limit (ulimit -f), then start raftd again";
    default:
      return "mend this, then start raftd again";
  }
}

[[noreturn]] void fail(std::string_view what, const std::filesystem::path& path, int error) {
  throw StorageError(fmt::format("cannot {} {}: {}; {}", what, path.string(), std::strerror(error), cure(error)));
}

class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    if (fd_ < 0) fail("open", path, errno);
  }
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

void sync_names(const std::filesystem::path& folder) {
  Descriptor descriptor(folder, O_RDONLY | O_DIRECTORY);
  if (::fsync(descriptor.get()) != 0) fail("sync the folder", folder, errno);
}

// Zeros are written ahead, so that most syncs find the length and the blocks of the file on the disk already and need
// write the data only, not the file system's journal as well.
class PosixFile : public File {
 public:
  PosixFile(std::filesystem::path path, std::uintmax_t size, Ahead ahead)
      : path_(std::move(path)), fd_(path_, O_WRONLY | O_CREAT), size_(size), ahead_(ahead) {
    struct stat status = {};
    if (::fstat(fd_.get(), &status) != 0) fail("look at", path_, errno);
    length_ = static_cast<std::uintmax_t>(status.st_size);
  }

  void append(std::string_view bytes) override {
    if (ahead_ == Ahead::zeros && size_ + bytes.size() > length_) lengthen(size_ + bytes.size());
    write_at(bytes, size_);
    size_ += bytes.size();
  }

  void sync() override {
    if (::fdatasync(fd_.get()) != 0) fail("sync", path_, errno);
  }

 private:
  // Zeros from the end of the file to the next multiple of the step behind `needed`. What the append itself overwrites
  // at once is written as zeros first: simple, and rare.
  void lengthen(std::uintmax_t needed) {
    static const std::string zeros(zeros_step, '\0');
    const std::uintmax_t length = (needed / zeros_step + 1) * zeros_step;
    while (length_ < length) {
      const std::uintmax_t piece = std::min<std::uintmax_t>(length - length_, zeros_step);
      write_at(std::string_view(zeros).substr(0, piece), length_);
      length_ += piece;
    }
  }

  void write_at(std::string_view bytes, std::uintmax_t offset) {
    while (!bytes.empty()) {
      const ssize_t written = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail("write to", path_, errno);
      bytes.remove_prefix(static_cast<std::size_t>(written));
      offset += static_cast<std::uintmax_t>(written);
    }
  }

  std::filesystem::path path_;
  Descriptor fd_;
  std::uintmax_t size_;
  std::uintmax_t length_ = 0;  // of the file, with what was written ahead
  Ahead ahead_;
};

class PosixDisk : public Disk {
 public:
  std::unique_ptr<File> open(const std::filesystem::path& path, std::uintmax_t size, Ahead ahead) override {
    return std::make_unique<PosixFile>(path, size, ahead);
  }

  void publish(const std::filesystem::path& from, const std::filesystem::path& to) override {
    if (std::rename(from.c_str(), to.c_str()) != 0) fail("rename", from, errno);
    sync_folder(to.parent_path());
  }

  void truncate(const std::filesystem::path& path, std::uintmax_t size) override {
    Descriptor descriptor(path, O_WRONLY);
    if (::ftruncate(descriptor.get(), static_cast<off_t>(size)) != 0) fail("truncate", path, errno);
    if (::fsync(descriptor.get()) != 0) fail("sync", path, errno);
  }

  void remove(const std::filesystem::path& path) override {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail("remove", path, errno);
  }

  void sync_folder(const std::filesystem::path& folder) override { sync_names(folder); }
};

}  // namespace

Disk& posix_disk() {
  static PosixDisk disk;
  return disk;
}

void create_folder(const std::filesystem::path& folder) {
  const std::filesystem::path absolute = std::filesystem::absolute(folder).lexically_normal();
  if (std::filesystem::is_directory(absolute)) return;
  if (absolute.has_parent_path() && absolute.parent_path() != absolute) create_folder(absolute.parent_path());
  std::error_code error;
  std::filesystem::create_directory(absolute, error);
  if (error) fail("create the folder", absolute, error.value());
  sync_names(absolute.parent_path());
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::error_code error;
  std::string bytes(static_cast<std::size_t>(in.is_open() ? std::filesystem::file_size(path, error) : 0), '\0');
  // read() turns a disk's error into a state of the stream; an istreambuf_iterator would throw its own, nameless words.
  if (!in.is_open() || error || !in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
    throw StorageError(fmt::format("cannot read {}; check its permissions and the kernel log", path.string()));
  }
  return bytes;
}

void replace_file(Disk& disk, const std::filesystem::path& path, std::initializer_list<std::string_view> parts) {
  std::filesystem::path draft = path;
  draft += ".new";
  disk.remove(draft);
  const std::unique_ptr<File> file = disk.open(draft, 0, Ahead::nothing);
  for (const std::string_view part : parts) file->append(part);
  file->sync();
  disk.publish(draft, path);
}

}  // namespace raftd::storage
