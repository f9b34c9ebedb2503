#include <xgrad/nn/data/file.hpp>

#include <xgrad/nn/data/inflate.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <memory>
#include <system_error>
#include <utility>

namespace xgrad::nn {

namespace {

[[noreturn]] void fail(const std::string& path, int error, const Location& at) {
    throw FileError(path + ": " + std::generic_category().message(error), at);
}

/// An open file that is closed.
class Descriptor {
  public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { close(); }

    explicit operator bool() const { return number_ >= 0; }
    int number() const { return number_; }
    /// @return whether the system has no error to tell of
    bool close() {
        const int number = std::exchange(number_, -1);
        return number < 0 || ::close(number) == 0 || errno == EINTR;
    }

  private:
    int number_;
};

/// As ::open, which a signal may interrupt.
int open(const char* path, int flags, mode_t mode = 0) {
    for (;;) {
        const int number = ::open(path, flags | O_CLOEXEC, mode);
        if (number >= 0 || errno != EINTR) return number;
    }
}

/// @return whether all was written; otherwise errno says why not
bool write_all(const Descriptor& file, std::span<const std::string_view> parts) {
    for (std::string_view part : parts) {
        while (!part.empty()) {
            const ssize_t count = ::write(file.number(), part.data(), std::min(part.size(), std::size_t{1} << 30));
            if (count < 0 && errno != EINTR) return false;
            part.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
        }
    }
    return true;
}

/// A file beside `path` that nobody else uses, open for writing.
/// @return what ::open does, with the name in `name`
int create_beside(const std::string& path, std::string& name) {
    static std::atomic<unsigned> serial{0};
    for (;;) {
        name = path + ".new-" + std::to_string(::getpid()) + "-" + std::to_string(serial++);
        const int number = open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0666);
        if (number >= 0 || errno != EEXIST) return number;
    }
}

} // namespace

std::string read_file(const std::string& path, std::size_t limit, Location at) {
    const Descriptor file(open(path.c_str(), O_RDONLY));
    struct stat status {};
    if (!file || ::fstat(file.number(), &status) != 0) fail(path, errno, at);
    // A regular file's size is known; one byte more shows whether that was all. Others come in pieces.
    const bool regular = S_ISREG(status.st_mode);
    constexpr std::size_t piece = std::size_t{1} << 16;
    const std::size_t expected = regular ? static_cast<std::size_t>(status.st_size) + 1 : 0;
    std::string bytes;
    for (;;) {
        const std::size_t before = bytes.size();
        try {
            bytes.resize(before + std::max(expected - std::min(before, expected), piece));
        } catch (const std::exception&) { // a sparse file claims any size
            throw FileError(path + ": there is no memory for " + std::to_string(status.st_size) + " bytes", at);
        }
        const ssize_t count = ::read(file.number(), bytes.data() + before, bytes.size() - before);
        if (count < 0 && errno != EINTR) fail(path, errno, at);
        bytes.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
        if (count == 0) return bytes;
        if (!regular && bytes.size() > limit) {
            throw FileError(path + ": more than " + std::to_string(limit) + " bytes", at);
        }
    }
}

std::string read_plain_or_gzip(const std::string& path, std::size_t limit, Location at) {
    std::string bytes = read_file(path, limit, at);
    if (!bytes.starts_with("\x1f\x8b")) return bytes;
    detail::Inflated unpacked = detail::inflate(bytes, detail::Wrapper::gzip, limit);
    if (!unpacked.error.empty()) {
        throw FileError(path + ": offset " + std::to_string(unpacked.consumed) + ": gzip: " + unpacked.error, at);
    }
    return std::move(unpacked.bytes);
}

void write_file(const std::string& path, std::span<const std::string_view> parts, Location at) {
    struct stat status {};
    const bool exists = ::stat(path.c_str(), &status) == 0;
    if (exists && !S_ISREG(status.st_mode)) {
        Descriptor file(open(path.c_str(), O_WRONLY));
        if (!file || !write_all(file, parts) || !file.close()) fail(path, errno, at);
        return;
    }
    // Renaming would replace a symbolic link instead of what it leads to.
    const std::unique_ptr<char, void (*)(void*)> resolved(exists ? ::realpath(path.c_str(), nullptr) : nullptr, std::free);
    const std::string target = resolved ? resolved.get() : path;
    std::string name;
    Descriptor file(create_beside(target, name));
    if (!file) fail(path, errno, at);
    const bool written = (!exists || ::fchmod(file.number(), status.st_mode & 07777) == 0) && write_all(file, parts) &&
                         (::fsync(file.number()) == 0 || errno == EINVAL) && // EINVAL: nothing that can be synchronised
                         file.close() && ::rename(name.c_str(), target.c_str()) == 0;
    if (!written) {
        const int error = errno;
        ::unlink(name.c_str());
        fail(path, error, at);
    }
}

void write_file(const std::string& path, std::string_view bytes, Location at) { write_file(path, std::span(&bytes, 1), at); }

} // namespace xgrad::nn
