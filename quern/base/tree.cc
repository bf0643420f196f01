#include "quern/base/tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>
#include <unordered_set>

#include "quern/base/json.h"
#include "quern/base/text.h"

namespace quern {
namespace {

// A fault leaves yaml-cpp as an exception and becomes the status again in parse_yaml.
struct Stop {
    Status fault;
};

// Builds the tree from the parser's events. YAML::LoadAll is not used: it never returns from some
// broken documents, such as a lone comma.
class TreeBuilder : public YAML::EventHandler {
public:
    TreeBuilder(const YamlSource& source, const YamlLimits& limits)
        : file_(std::make_shared<const std::string>(source.file)),
          first_line_(source.first_line),
          limits_(limits) {}

    Place place(const YAML::Mark& mark) const {
        if (mark.line < 0) return {file_, first_line_, 1};
        return {file_, mark.line + first_line_, mark.column + 1};
    }

    Tree take() {
        if (!root_.place.file) root_.place = place(YAML::Mark::null_mark());
        return std::move(root_);
    }

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        finish(begin(mark), anchor);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end()) {
            throw Stop{invalid_argument("an alias within what it names").at(place(mark).text())};
        }
        count(found->second, mark);
        add(found->second);
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        Tree tree = begin(mark);
        tree.kind = Tree::Kind::scalar;
        tree.text = value;
        tree.is_quoted = tag == "!";
        finish(std::move(tree), anchor);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(mark, Tree::Kind::list, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(mark, Tree::Kind::map, anchor);
    }
    void OnMapEnd() override { close(); }

private:
    // A list or map that is still open, with the key whose value comes next.
    struct Level {
        Tree tree;
        YAML::anchor_t anchor = 0;
        std::unordered_set<std::string> keys;
        Tree key;
        bool has_key = false;
    };

    Tree begin(const YAML::Mark& mark) {
        if (++node_count_ > limits_.node_count_max) throw Stop{too_many(mark)};
        Tree tree;
        tree.place = place(mark);
        return tree;
    }

    void open(const YAML::Mark& mark, Tree::Kind kind, YAML::anchor_t anchor) {
        if (levels_.size() >= limits_.depth_max) {
            throw Stop{invalid_argument("nested deeper than " + std::to_string(limits_.depth_max) +
                                        " levels")
                           .at(place(mark).text())};
        }
        Level level;
        level.tree = begin(mark);
        level.tree.kind = kind;
        level.anchor = anchor;
        levels_.push_back(std::move(level));
    }

    void close() {
        Level level = std::move(levels_.back());
        levels_.pop_back();
        finish(std::move(level.tree), level.anchor);
    }

    void finish(Tree tree, YAML::anchor_t anchor) {
        if (anchor != 0) anchors_[anchor] = tree;
        add(std::move(tree));
    }

    void add(Tree tree) {
        if (levels_.empty()) {
            root_ = std::move(tree);
            return;
        }
        Level& level = levels_.back();
        if (level.tree.is_list()) {
            level.tree.items.push_back(std::move(tree));
        } else if (!level.has_key) {
            set_key(level, std::move(tree));
        } else {
            level.has_key = false;
            level.tree.entries.push_back(
                {std::move(level.key.text), std::move(tree), std::move(level.key.place)});
        }
    }

    static void set_key(Level& level, Tree key) {
        const std::string where = key.place.text();
        if (key.is_null()) {  // YAML's word for nothing is a word like others here
            key.kind = Tree::Kind::scalar;
            key.text = "null";
        }
        if (!key.is_scalar()) throw Stop{invalid_argument("a key must be plain text").at(where)};
        if (!level.keys.insert(key.text).second) {
            throw Stop{invalid_argument("key '" + key.text + "' is written twice").at(where)};
        }
        level.key = std::move(key);
        level.has_key = true;
    }

    void count(const Tree& tree, const YAML::Mark& mark) {
        if (++node_count_ > limits_.node_count_max) throw Stop{too_many(mark)};
        for (const auto& item : tree.items) count(item, mark);
        for (const auto& entry : tree.entries) count(entry.value, mark);
    }

    Status too_many(const YAML::Mark& mark) const {
        return resource_exhausted("more than " + std::to_string(limits_.node_count_max) +
                                  " values in one file")
            .at(place(mark).text());
    }

    std::shared_ptr<const std::string> file_;
    int first_line_;
    YamlLimits limits_;
    size_t node_count_ = 0;
    std::vector<Level> levels_;
    std::unordered_map<YAML::anchor_t, Tree> anchors_;
    Tree root_;
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

void write_tree(const Tree& tree, JsonWriter& json) {
    if (tree.is_list()) {
        json.begin_array();
        for (const auto& item : tree.items) write_tree(item, json);
        json.end_array();
    } else if (tree.is_map()) {
        json.begin_object();
        for (const auto& [key, value, place] : tree.entries) {
            json.key(key);
            write_tree(value, json);
        }
        json.end_object();
    } else if (tree.is_scalar()) {
        // '1' and 1 differ: one is a text.
        json.value((tree.is_quoted ? "text " : "plain ") + tree.text);
    } else {
        json.null();
    }
}

}  // namespace

std::string tree_json(const Tree& tree) {
    JsonWriter json;
    write_tree(tree, json);
    return json.take();
}

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
    TreeBuilder builder(source, limits);
    try {
        std::istringstream text{std::string(source.text)};
        YAML::Parser parser(text);
        parser.HandleNextDocument(builder);
        Tree tree = builder.take();
        TreeBuilder rest(source, limits);
        if (parser.HandleNextDocument(rest)) {
            return invalid_argument("holds more than one YAML document, or signs out of place")
                .at(source.file);
        }
        return tree;
    } catch (const Stop& stop) {
        return stop.fault;
    } catch (const YAML::Exception& fault) {
        return invalid_argument("broken YAML: " + fault.msg).at(builder.place(fault.mark).text());
    } catch (const std::exception& fault) {
        return invalid_argument(std::string("broken YAML: ") + fault.what()).at(source.file);
    }
}

}  // namespace quern
