/// @file
/// What the calling thread records and checks: no_grad scopes and anomaly mode.
#pragma once

#include <utility>

namespace xgrad {

namespace detail {

struct ThreadMode {
    bool recording = true;
    bool anomaly = false;
};
extern constinit thread_local ThreadMode thread_mode;

/// Sets one of the thread's modes for as long as it lives.
class ModeGuard {
  public:
    ModeGuard(bool& mode, bool value) noexcept : mode_(mode), before_(std::exchange(mode, value)) {}
    ~ModeGuard() { mode_ = before_; }
    ModeGuard(const ModeGuard&) = delete;
    ModeGuard& operator=(const ModeGuard&) = delete;

  private:
    bool& mode_;
    bool before_;
};

} // namespace detail

/// While it lives, this thread records nothing and holds nothing for derivatives. Scopes nest.
class NoGrad : detail::ModeGuard {
  public:
    NoGrad() noexcept : ModeGuard(detail::thread_mode.recording, false) {}
};

/// While it lives, this thread records again inside a NoGrad scope.
class EnableGrad : detail::ModeGuard {
  public:
    EnableGrad() noexcept : ModeGuard(detail::thread_mode.recording, true) {}
};

/// Calls `f` without recording: `auto accuracy = no_grad([&] { return score(model(x)); });`
template <class F>
decltype(auto) no_grad(F&& f) {
    const NoGrad guard;
    return std::forward<F>(f)();
}

/// Whether this thread records.
inline bool is_recording() noexcept { return detail::thread_mode.recording; }

/// While it lives, every value that this thread's operations produce, forward and backward, is searched for NaN and
/// infinity: the first operation that makes one throws AnomalyError with its name and where it was called. Slow: for
/// finding a fault, not for training.
class AnomalyMode : detail::ModeGuard {
  public:
    AnomalyMode() noexcept : ModeGuard(detail::thread_mode.anomaly, true) {}
};

} // namespace xgrad
