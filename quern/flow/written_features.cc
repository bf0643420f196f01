#include "quern/flow/written_features.h"

#include <algorithm>
#include <map>

#include "quern/base/nearest.h"
#include "quern/base/text.h"
#include "quern/flow/transform_call.h"
#include "quern/score/function.h"
#include "quern/train/load.h"

namespace quern::flow {
namespace {

using train::Transform;
using train::Written;

// The text of a folded YAML scalar has other lines than the file; there it points at its start.
Place place_inside(Place place, std::string_view text, size_t offset) {
    const auto inside = line_column(text, std::min(offset, text.size()));
    if (inside.line == 1 && place.column > 0) place.column += inside.column - 1;
    return place;
}

std::string without_quotes(std::string_view name) {
    const bool is_quoted = name.size() > 2 && name.front() == '"' && name.back() == '"';
    return std::string(is_quoted ? name.substr(1, name.size() - 2) : name);
}

Result<Tree> value_of(const CallText::Piece& value, const CallText::Piece& name, Place place) {
    Tree tree = Tree::scalar(value.text);
    tree.place = std::move(place);
    const char c = value.text[0];
    if (c == '\'' && value.text.size() >= 2) {
        tree.is_quoted = true;
        tree.text.clear();
        for (size_t i = 1; i + 1 < value.text.size(); ++i) {
            tree.text += value.text[i];
            if (value.text[i] == '\'') ++i;
        }
        return tree;
    }
    tree.text = lower_ascii(tree.text);
    const bool is_number = (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.';
    if (is_number || tree.text == "true" || tree.text == "false") return tree;
    if (c == '[' && value.text.back() == ']') {
        const auto items = read_call("list(" + value.text.substr(1, value.text.size() - 2) + ")");
        tree.kind = Tree::Kind::list;
        tree.text.clear();
        for (const auto& item : items ? items->arguments : std::vector<CallText::Piece>())
            tree.items.push_back(TRY(value_of(item, name, tree.place)));
        return tree;
    }
    return invalid_argument("the setting '" + name.text + "' must be a number, a text in quotes, " +
                            "true, false or a list of these, got " + value.text)
        .at(tree.place.text());
}

class Reader {
public:
    explicit Reader(const project::Model& model)
        : model_(model), out_{Select(model.from.text), {}} {}

    Status add_all() {
        for (const auto& feature : model_.features) {
            const auto call = read_call(feature.text);
            if (call && TRY(is_transform(call->name))) continue;
            const auto split = split_alias(feature.text);
            const auto name = split.alias.empty() ? without_quotes(split.expression) : split.alias;
            const uint32_t index = out_.select.add(feature.text, feature.place);
            leaves_.emplace(lower_ascii(name), Leaf{std::string(split.expression), index});
        }
        Status faults;
        uint32_t bare = 0;
        for (const auto& feature : model_.features) {
            const auto call = read_call(feature.text);
            if (!call || !TRY(is_transform(call->name))) {
                const auto alias = split_alias(feature.text).alias;
                out_.features.push_back({.transform = {},
                                         .feature = bare++,
                                         .name = alias,
                                         .has_alias = !alias.empty(),
                                         .place = feature.place.text()});
                continue;
            }
            auto written = transform(*call, feature, 0);
            if (written.ok())
                out_.features.push_back(*std::move(written));
            else
                faults.also(std::move(written).status());
        }
        return faults;
    }
    void add_column(const std::string& name) {
        const uint32_t index = out_.select.add(quote_identifier(name), model_.place);
        out_.features.push_back(
            {.transform = {}, .feature = index, .name = name, .place = model_.place.text()});
    }
    WrittenFeatures take() { return std::move(out_); }

private:
    struct Leaf {
        std::string expression;
        uint32_t feature = 0;
    };

    // The trainer knows; it is not asked about functions of the row.
    static Result<bool> is_transform(const std::string& name) {
        if (Registry<score::RowFunction>::of_kind().find(name).ok()) return false;
        TRY(train::load_training());
        return Registry<Transform>::of_kind().find(name).ok();
    }

    // `base`: where the call's own text begins in the feature's.
    Result<Written> transform(const CallText& call, const Located& feature, size_t base) {
        const auto place = [&](size_t offset) {
            return place_inside(feature.place, feature.text, base + offset);
        };
        Written written{
            .transform = call.name, .name = call.alias, .place = place(call.offset).text()};
        written.has_alias = !call.alias.empty();
        std::vector<Tree::Entry> settings;
        for (const auto& [name, value] : call.settings) {
            settings.push_back({lower_ascii(name.text),
                                TRY(value_of(value, name, place(value.offset))),
                                place(name.offset)});
        }
        written.settings = Tree::map(std::move(settings));
        written.settings.place = place(call.offset);
        std::string names;
        for (const auto& piece : call.arguments) {
            written.arguments.push_back(TRY(argument(piece, feature, base + piece.offset)));
            names += (names.empty() ? "" : ", ") + written.arguments.back().name;
        }
        if (call.alias.empty()) written.name = call.name + "(" + names + ")";
        return written;
    }

    Result<Written> argument(const CallText::Piece& piece, const Located& feature, size_t offset) {
        const auto call = read_call(piece.text);
        if (call && TRY(is_transform(call->name))) return transform(*call, feature, offset);
        const Place place = place_inside(feature.place, feature.text, offset);
        std::string name = without_quotes(piece.text);
        const auto known = leaves_.find(lower_ascii(name));
        const bool is_known = known != leaves_.end() && known->second.expression == piece.text;
        while (!is_known && leaves_.contains(lower_ascii(name))) name += " ";
        if (!is_known) {
            // A column keeps its own name; as an alias it would hide that it is not there.
            const bool is_column = is_one_word(piece.text) && name == without_quotes(piece.text);
            const std::string alias = is_column ? "" : "\nas " + quote_identifier(name);
            const uint32_t index = out_.select.add(piece.text + alias, place);
            leaves_.emplace(lower_ascii(name), Leaf{piece.text, index});
        }
        return Written{.transform = {},
                       .feature = leaves_.at(lower_ascii(name)).feature,
                       .name = name,
                       .place = place.text()};
    }

    const project::Model& model_;
    WrittenFeatures out_;
    std::map<std::string, Leaf> leaves_;  // by name in lower case
};

}  // namespace

uint32_t Select::add(const std::string& expression, const Place& place) {
    if (!pieces_.empty()) text_ += ",\n";
    pieces_.push_back({text_.size(), expression, place});
    text_ += expression;
    return static_cast<uint32_t>(pieces_.size() - 1);
}

std::string Select::text() const {
    // A comment at the end of a feature must not swallow what follows.
    const std::string from = quote_identifier(from_);
    if (table_ == from_) return text_ + "\nfrom " + from;
    return text_ + "\nfrom " + quote_identifier(table_) + " as " + from;
}

std::vector<Select> Select::apart() const {
    std::vector<Select> selects;
    for (const auto& piece : pieces_) {
        selects.emplace_back(from_);
        selects.back().read_rows_of(table_);
        selects.back().add(piece.text, piece.place);
    }
    return selects;
}

std::string Select::place(size_t offset) const {
    const Piece* found = nullptr;
    for (const auto& piece : pieces_) {
        if (piece.offset <= offset) found = &piece;
    }
    // Of all features together; which one it was is found by looking at each alone.
    if (found == nullptr) return pieces_.size() == 1 ? pieces_[0].place.text() : "";
    return place_inside(found->place, found->text, offset - found->offset).text();
}

Result<WrittenFeatures> read_features(const project::Model& model, const frame::Schema& columns,
                                      const std::set<std::string>& taken) {
    Reader reader(model);
    TRY(reader.add_all());
    if (model.features.empty()) {
        for (const auto& column : columns)
            if (!taken.contains(lower_ascii(column.name))) reader.add_column(column.name);
    }
    return reader.take();
}

Status with_transform_hint(Status status, const project::Model& model) {
    const std::string message(status.message());
    if (message.find("function") == std::string::npos || !train::load_training().ok())
        return status;
    const auto is_named = [&](std::string_view name) {
        return message.find("`" + std::string(name) + "`") != std::string::npos;
    };
    for (const auto& transform : Registry<Transform>::of_kind().all()) {
        if (!is_named(transform.name)) continue;
        return not_found(message)
            .at(std::string(status.where()))
            .hint("a fitted transform stands outside of all SQL, as in " +
                  std::string(transform.example));
    }
    for (const auto& feature : model.features) {
        const auto call = read_call(feature.text);
        if (!call || !is_named(call->name)) continue;
        const std::string near = nearest(call->name, Registry<Transform>::of_kind().names());
        if (near.empty()) continue;
        return not_found(message)
            .at(std::string(status.where()))
            .hint("did you mean '" + near + "'?");
    }
    return status;
}

}  // namespace quern::flow
