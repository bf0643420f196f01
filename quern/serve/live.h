// A value that is replaced as a whole while threads read it: models, tokens. A reader sees one
// whole value for as long as it uses it, waits for nobody, and costs one atomic load.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace quern::serve {

template <class T>
class Live {
public:
    explicit Live(std::shared_ptr<const T> value) : value_(std::move(value)) {}

    void set(std::shared_ptr<const T> value) {
        {
            const std::lock_guard guard(mutex_);
            value_.swap(value);
            change_count_.fetch_add(1, std::memory_order_release);
        }  // what nobody holds any more is freed outside of the lock
    }
    std::shared_ptr<const T> get() const {
        const std::lock_guard guard(mutex_);
        return value_;
    }

    // One a thread. The old value lives until every reader has looked again.
    class Reader {
    public:
        explicit Reader(const Live& live) : live_(live) {}

        // Good until the next call.
        const T& get() {
            const uint64_t count = live_.change_count_.load(std::memory_order_acquire);
            if (count != seen_count_ || !value_) {
                value_ = live_.get();
                seen_count_ = count;
            }
            return *value_;
        }
        // Of the value that get() last gave; no two values have the same.
        uint64_t number() const { return seen_count_; }

    private:
        const Live& live_;
        std::shared_ptr<const T> value_;
        uint64_t seen_count_ = 0;
    };

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const T> value_;
    std::atomic<uint64_t> change_count_{0};
};

}  // namespace quern::serve
