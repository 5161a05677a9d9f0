#include "harness/run/run_folder.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace ordeal::harness {
namespace {

namespace fs = std::filesystem;

// A program that asks for more than this at once may have been refused while smaller writes still succeed.
constexpr std::uintmax_t least_space = 64 << 10;

[[noreturn]] void throw_errno(int error, const fs::path& file, std::string_view doing) {
  const std::string_view cure = error == ENOSPC || error == EDQUOT  ? "; free some space, or choose another --store"
                                : error == EACCES || error == EROFS ? "; choose a --store that you may write"
                                                                    : "";
  throw std::system_error(error, std::generic_category(), fmt::format("cannot {} {}{}", doing, file.string(), cure));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// A link that is replaced in one step. A store on a file system without links is no reason to fail a run.
void point(const fs::path& link, const fs::path& at) {
  const fs::path fresh = link.string() + fmt::format(".{}", ::getpid());
  std::error_code error;
  fs::remove(fresh, error);
  fs::create_directory_symlink(fs::relative(at, link.parent_path()), fresh, error);
  if (!error) fs::rename(fresh, link, error);
  if (error) fs::remove(fresh, error);
}

}  // namespace

RunFolder RunFolder::create(const fs::path& store, const std::string& plan, std::uint64_t seed,
                            std::chrono::system_clock::time_point now) {
  const fs::path parent = fs::absolute(store) / plan;
  std::error_code error;
  fs::create_directories(parent, error);
  if (error) throw_errno(error.value(), parent, "make the folder");
  const std::string name =
      fmt::format("{:%Y%m%dT%H%M%SZ}-{}", fmt::gmtime(std::chrono::system_clock::to_time_t(now)), seed);
  fs::path path = parent / name;
  for (int attempt = 2; ::mkdir(path.c_str(), 0777) != 0; ++attempt) {
    if (errno != EEXIST) throw_errno(errno, path, "make the folder");
    path = parent / fmt::format("{}-{}", name, attempt);
  }
  point(parent / "latest", path);
  point(fs::absolute(store) / "latest", path);
  return RunFolder(path);
}

void write_file(const fs::path& file, std::string_view content) {
  const fs::path fresh = file.string() + ".new";
  {
    const Descriptor out(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (out.get() < 0) throw_errno(errno, file, "write");
    while (!content.empty()) {
      const ssize_t written = ::write(out.get(), content.data(), content.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) {
        const int error = errno;
        ::unlink(fresh.c_str());
        throw_errno(error, file, "write");
      }
      content.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  if (::rename(fresh.c_str(), file.c_str()) != 0) throw_errno(errno, file, "write");
}

void require_space(const fs::path& folder) {
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0) return;  // gone, or unreadable: another error will say so
  // A total of 0: the file system does not count.
  const bool blocks = disk.f_blocks == 0 || std::uintmax_t{disk.f_bavail} * disk.f_frsize >= least_space;
  const bool files = disk.f_files == 0 || disk.f_favail > 0;
  if (!blocks || !files) throw_errno(ENOSPC, folder, "write into");
}

std::string as_typed(const fs::path& path) {
  const fs::path relative = path.lexically_proximate(fs::current_path());
  const bool below = !relative.empty() && *relative.begin() != "..";
  return (below ? relative : path).string();
}

std::string read_file(const fs::path& file) {
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (in.get() < 0) throw_errno(errno, file, "read");
  std::string content;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t got = ::read(in.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno(errno, file, "read");
    if (got == 0) return content;
    content.append(buffer, static_cast<std::size_t>(got));
  }
}

}  // namespace ordeal::harness
