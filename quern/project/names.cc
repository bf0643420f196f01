#include "quern/project/names.h"

#include "quern/base/text.h"

namespace quern::project {
namespace {

constexpr size_t kNameBytesMax = 200;  // with what is put around it, a file name still

// C0, DEL, C1 and the signs that turn the direction of text.
bool has_control(std::string_view name) {
    for (size_t i = 0; i < name.size(); ++i) {
        const auto byte = static_cast<unsigned char>(name[i]);
        if (byte < 0x20 || byte == 0x7F) return true;
        const auto next = i + 1 < name.size() ? static_cast<unsigned char>(name[i + 1]) : 0;
        if (byte == 0xC2 && next >= 0x80 && next < 0xA0) return true;
        const auto third = i + 2 < name.size() ? static_cast<unsigned char>(name[i + 2]) : 0;
        if (byte == 0xE2 && next == 0x80 && (third == 0x8E || third == 0x8F)) return true;
        if (byte == 0xE2 && next == 0x80 && third >= 0xAA && third <= 0xAE) return true;
        if (byte == 0xE2 && next == 0x81 && third >= 0xA6 && third <= 0xA9) return true;
    }
    return false;
}

std::string_view fault_of(std::string_view name) {
    if (trim(name).empty()) return "is empty";
    if (!is_utf8(name)) return "is not UTF-8";
    if (has_control(name)) return "holds a control character";
    if (name.size() > kNameBytesMax) return "is longer than 200 bytes";
    if (name.find_first_of("/\\@\"") != std::string_view::npos) return "holds one of / \\ @ \"";
    if (trim(name) != name) return "begins or ends with a blank";
    if (name.starts_with('.')) return "begins with a dot";
    return "";
}

}  // namespace

Status check_name(std::string_view kind, std::string_view name) {
    const auto fault = fault_of(name);
    if (fault.empty()) return {};
    const bool is_shown = !name.empty() && is_utf8(name) && !has_control(name);
    const std::string shown = is_shown ? " '" + std::string(name.substr(0, 60)) + "'" : "";
    return invalid_argument("the name" + shown + " of a " + std::string(kind) + " " +
                            std::string(fault));
}

Status Names::add(std::string_view kind, const std::string& name, const Place& place) {
    const auto [slot, is_new] =
        owners_.try_emplace(lower_ascii(name), Owner{std::string(kind), name, place});
    if (is_new) {
        written_.push_back(name);
        return {};
    }
    const Owner& owner = slot->second;
    const std::string twin = owner.name == name ? "" : " (case does not matter)";
    return already_exists("the name '" + name + "' is taken by the " + owner.kind + " '" +
                          owner.name + "' in " + owner.place.text() + twin)
        .at(place.text())
        .hint("give one of them another name");
}

bool Names::has(std::string_view name) const { return owners_.contains(lower_ascii(name)); }

}  // namespace quern::project
