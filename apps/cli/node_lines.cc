#include "apps/cli/node_lines.h"

#include <algorithm>

#include "quern/frame/display_width.h"

namespace quern::cli {
namespace {

constexpr size_t kNameWidthMin = 14, kNameWidthMax = 30, kKindWidth = 8;
constexpr int kMessageWidth = 60;

std::string padded(const std::string& text, size_t width) {
    const auto used = static_cast<size_t>(frame::display_width(text));
    return text + std::string(used < width ? width - used : 0, ' ');
}

}  // namespace

NodeLines::NodeLines(const std::vector<flow::Node>& nodes) : name_width_(kNameWidthMin) {
    for (const auto& node : nodes) {
        const auto width = static_cast<size_t>(frame::display_width(node.name));
        name_width_ = std::max(name_width_, std::min(width, kNameWidthMax));
    }
}

std::string NodeLines::text(const Line& line) const {
    std::string text = padded(frame::printable(line.name), name_width_) + "  " +
                       padded(line.kind, kKindWidth) + "  ";
    const std::string message = frame::printable(line.message);
    text += line.right.empty() ? message : padded(message, kMessageWidth) + "  ";
    return text + line.right + "\n";
}

std::string NodeLines::detail(const std::string& text) const {
    return std::string(name_width_ + kKindWidth + 6, ' ') + frame::printable(text) + "\n";
}

}  // namespace quern::cli
