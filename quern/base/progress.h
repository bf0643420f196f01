// A progress bar on the last line of a terminal; on anything else, nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace quern {

// Off for --json and --quiet; otherwise bars show when standard error is a terminal.
void set_progress(bool is_on);

// One bar for one piece of long work; methods may be called from any thread. Cheap: it draws at
// most ten times a second. The bar goes away with the object.
class Progress {
public:
    // A total of 0 is not known beforehand: counts without a bar.
    Progress(std::string label, int64_t total);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void add(int64_t count = 1);
    void set(int64_t done);
    void set_label(std::string label);

private:
    void draw_when_due();

    const bool is_shown_;
    const int64_t total_;
    const double start_seconds_;
    std::atomic<int64_t> done_{0};
    std::atomic<int64_t> next_draw_ms_{0};
    std::mutex mutex_;
    std::string label_;  // guarded by mutex_
};

// "train  [#####.....]  50 %  50 of 100  1.2 s", cut to the columns of the terminal.
struct ProgressState {
    std::string_view label;
    int64_t done = 0, total = 0;
    double seconds = 0;
};
std::string progress_line(const ProgressState& state, int columns);

}  // namespace quern
