#include "quern/base/progress.h"

#include <algorithm>

#include "quern/base/clock.h"
#include "quern/base/terminal.h"
#include "quern/base/text.h"

namespace quern {
namespace {

constexpr int64_t kDrawEveryMs = 100;
std::atomic<bool> is_wanted{true};

}  // namespace

void set_progress(bool is_on) { is_wanted = is_on; }

std::string progress_line(const ProgressState& state, int columns) {
    constexpr int64_t kBarWidth = 24;
    std::string line(state.label);
    if (state.total > 0) {
        const int64_t done = std::clamp<int64_t>(state.done, 0, state.total);
        const double part = static_cast<double>(done) / static_cast<double>(state.total);
        const auto filled = static_cast<int64_t>(part * kBarWidth);
        line += "  [" + std::string(static_cast<size_t>(filled), '#') +
                std::string(static_cast<size_t>(kBarWidth - filled), '.') + "]  " +
                std::to_string(static_cast<int64_t>(part * 100)) + " %  " + with_thousands(done) +
                " of " + with_thousands(state.total);
    } else if (state.done > 0) {
        line += "  " + with_thousands(state.done);
    }
    line += "  " + duration_text(state.seconds);
    const auto width = static_cast<size_t>(std::max(1, columns - 1));
    if (line.size() > width) line.resize(width);
    while (!is_utf8(line)) line.pop_back();
    return line;
}

Progress::Progress(std::string label, int64_t total)
    : is_shown_(is_wanted && stderr_is_terminal()),
      total_(total),
      start_seconds_(steady_seconds()),
      label_(std::move(label)) {
    draw_when_due();
}

Progress::~Progress() {
    if (is_shown_) detail::show_status_line("");
}

void Progress::add(int64_t count) {
    done_ += count;
    draw_when_due();
}

void Progress::set(int64_t done) {
    done_ = done;
    draw_when_due();
}

void Progress::set_label(std::string label) {
    const std::lock_guard lock(mutex_);
    label_ = std::move(label);
}

void Progress::draw_when_due() {
    if (!is_shown_) return;
    const double seconds = steady_seconds() - start_seconds_;
    const auto now_ms = static_cast<int64_t>(seconds * 1000);
    int64_t due_ms = next_draw_ms_;
    if (now_ms < due_ms) return;
    if (!next_draw_ms_.compare_exchange_strong(due_ms, now_ms + kDrawEveryMs)) return;
    const std::lock_guard lock(mutex_);
    const ProgressState state{.label = label_, .done = done_, .total = total_, .seconds = seconds};
    detail::show_status_line(progress_line(state, terminal_columns()));
}

}  // namespace quern
