#include "quern/base/tree.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <unordered_set>

#include "quern/base/text.h"

namespace quern {
namespace {

class Converter {
public:
    Converter(const YamlSource& source, const YamlLimits& limits)
        : file_(std::make_shared<const std::string>(source.file)),
          first_line_(source.first_line),
          limits_(limits) {}

    Place place(const YAML::Mark& mark) const {
        if (mark.line < 0) return {file_, first_line_, 1};
        return {file_, mark.line + first_line_, mark.column + 1};
    }

    Result<Tree> convert(const YAML::Node& node, size_t depth) {
        if (depth > limits_.depth_max) {
            return invalid_argument("nested deeper than " + std::to_string(limits_.depth_max) +
                                    " levels")
                .at(place(node.Mark()).text());
        }
        if (++node_count_ > limits_.node_count_max) {
            return resource_exhausted("more than " + std::to_string(limits_.node_count_max) +
                                      " values in one file")
                .at(place(node.Mark()).text());
        }
        Tree tree;
        tree.place = place(node.Mark());
        if (node.IsScalar()) return convert_scalar(node, std::move(tree));
        if (node.IsSequence()) return convert_list(node, std::move(tree), depth);
        if (node.IsMap()) return convert_map(node, std::move(tree), depth);
        return tree;
    }

private:
    static Result<Tree> convert_scalar(const YAML::Node& node, Tree tree) {
        tree.text = node.Scalar();
        tree.is_quoted = node.Tag() == "!";
        tree.kind = Tree::Kind::scalar;
        return tree;
    }

    Result<Tree> convert_list(const YAML::Node& node, Tree tree, size_t depth) {
        tree.kind = Tree::Kind::list;
        for (const auto& item : node) tree.items.push_back(TRY(convert(item, depth + 1)));
        return tree;
    }

    Result<Tree> convert_map(const YAML::Node& node, Tree tree, size_t depth) {
        tree.kind = Tree::Kind::map;
        std::unordered_set<std::string> keys;
        for (const auto& pair : node) {
            const Place key_place = place(pair.first.Mark());
            if (!pair.first.IsScalar()) {
                return invalid_argument("a key must be plain text").at(key_place.text());
            }
            std::string key = pair.first.Scalar();
            if (!keys.insert(key).second) {
                return invalid_argument("key '" + key + "' is written twice").at(key_place.text());
            }
            Tree value = TRY(convert(pair.second, depth + 1));
            tree.entries.push_back({std::move(key), std::move(value), key_place});
        }
        return tree;
    }

    std::shared_ptr<const std::string> file_;
    int first_line_;
    YamlLimits limits_;
    size_t node_count_ = 0;
};

// yaml-cpp recurses over nested brackets before any limit of ours can see them.
bool nests_deeper(std::string_view text, size_t depth_max) {
    size_t depth = 0, deepest = 0;
    for (const char c : text) {
        if (c == '[' || c == '{') deepest = std::max(deepest, ++depth);
        if ((c == ']' || c == '}') && depth > 0) --depth;
    }
    return deepest > depth_max * 8;
}

Status check_text(const YamlSource& source, const YamlLimits& limits) {
    if (source.text.size() > limits.size_bytes_max) {
        return resource_exhausted("larger than " + std::to_string(limits.size_bytes_max) + " bytes")
            .at(source.file);
    }
    if (source.text.find('\0') != std::string_view::npos) {
        return invalid_argument("holds a NUL byte, so it is not text").at(source.file);
    }
    if (!is_utf8(source.text)) {
        return invalid_argument("is not UTF-8 text").at(source.file).hint("save it as UTF-8");
    }
    if (nests_deeper(source.text, limits.depth_max)) {
        return invalid_argument("nested too deep").at(source.file);
    }
    return {};
}

}  // namespace

std::string Place::text() const {
    if (!file) return "";
    if (line == 0) return *file;
    std::string text = *file + ":" + std::to_string(line);
    return column == 0 ? text : text + ":" + std::to_string(column);
}

const Tree* Tree::find(std::string_view key) const {
    const auto entry = std::ranges::find(entries, key, &Entry::key);
    return entry == entries.end() ? nullptr : &entry->value;
}

std::string_view Tree::kind_name() const {
    switch (kind) {
        case Kind::null:
            return "nothing";
        case Kind::scalar:
            return "a value";
        case Kind::list:
            return "a list";
        case Kind::map:
            return "a map";
    }
    return "";
}

Tree Tree::scalar(std::string text) {
    Tree tree;
    tree.kind = Kind::scalar;
    tree.text = std::move(text);
    return tree;
}

Tree Tree::map(std::vector<Entry> entries) {
    Tree tree;
    tree.kind = Kind::map;
    tree.entries = std::move(entries);
    return tree;
}

Result<Tree> parse_yaml(const YamlSource& source, const YamlLimits& limits) {
    TRY(check_text(source, limits));
    Converter converter(source, limits);
    try {
        const auto documents = YAML::LoadAll(std::string(source.text));
        if (documents.size() > 1) {
            return invalid_argument("holds several YAML documents; one is expected")
                .at(source.file);
        }
        if (documents.empty()) {
            Tree nothing;
            nothing.place = converter.place(YAML::Mark::null_mark());
            return nothing;
        }
        return converter.convert(documents[0], 0);
    } catch (const YAML::Exception& fault) {
        return invalid_argument("broken YAML: " + fault.msg).at(converter.place(fault.mark).text());
    } catch (const std::exception& fault) {
        return invalid_argument(std::string("broken YAML: ") + fault.what()).at(source.file);
    }
}

}  // namespace quern
