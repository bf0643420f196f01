// Keys of sources/*.yml that speak of loading a source again and again.
#include "quern/project/keys.h"

namespace quern::project {
namespace {

std::vector<Param> cursor_params() {
    return {
        param("column", &Cursor::column, "The column whose values grow.").required(),
        param("start", &Cursor::start, "The value that the very first load begins at."),
        param("overlap", &Cursor::overlap,
              "How far before the last value to ask again, for rows that come late: '1 hour' of a "
              "time, 100 of a number."),
    };
}

// A number that is not negative, or a span of time, which is kept in microseconds.
Status settle_overlap(const Tree& value, Cursor& cursor) {
    if (cursor.overlap.empty()) return {};
    const bool is_number = cursor.overlap.find_first_not_of("0123456789.") == std::string::npos;
    if (is_number) return {};
    const int64_t micros = TRY(parse_duration_us(*value.find("overlap"), "overlap"));
    cursor.overlap = std::to_string(micros) + " microseconds";
    return {};
}

// `cursor: updated_at` is short for `cursor: {column: updated_at}`.
Status read_cursor(Source& source, const Tree& value) {
    Cursor cursor;
    cursor.place = value.place;
    if (value.is_map()) {
        TRY(read_params(cursor_params(), value, &cursor, "cursor"));
        TRY(settle_overlap(value, cursor));
    } else {
        TRY(detail::read_value(value, detail::plain_shape("string"), "cursor", cursor.column));
    }
    source.loading.cursor = std::move(cursor);
    return {};
}

// `fresh: 26 hours` is short for `fresh: {within: 26 hours}`.
Status read_fresh(Source& source, const Tree& value) {
    Freshness fresh;
    fresh.place = value.place;
    if (!value.is_map()) {
        fresh.within_us = TRY(parse_duration_us(value, "fresh"));
    } else {
        const std::vector<Param> params = {
            custom_param<Freshness>("within", detail::plain_shape("string"), "Such as '26 hours'.",
                                    [](Freshness& slot, const Tree& written) -> Status {
                                        slot.within_us = TRY(parse_duration_us(written, "within"));
                                        return {};
                                    })
                .required(),
            choice_param("severity", &Freshness::is_warning, {"error", "warn"},
                         "Whether stale rows end what hangs on them."),
        };
        TRY(read_params(params, value, &fresh, "fresh"));
    }
    source.loading.fresh = fresh;
    return {};
}

Status read_every(Source& source, const Tree& value) {
    source.loading.every_us = TRY(parse_duration_us(value, "every"));
    return {};
}

Status read_bytes_max(Source& source, const Tree& value) {
    source.loading.byte_count_max = TRY(parse_size_bytes(value));
    return {};
}

// The same of the source's own `loading`.
template <class T>
Param loading_param(std::string_view name, T Loading::* field, std::string_view doc) {
    Param described = param(name, field, doc);
    described.read = [read = described.read](void* object, const Tree& value, const Param& self) {
        return read(&static_cast<Source*>(object)->loading, value, self);
    };
    return described;
}

template <class T>
Param loading_choice(std::string_view name, T Loading::* field, std::vector<std::string> words,
                     std::string_view doc) {
    Param described = choice_param(name, field, std::move(words), doc);
    described.read = [read = described.read](void* object, const Tree& value, const Param& self) {
        return read(&static_cast<Source*>(object)->loading, value, self);
    };
    return described;
}

}  // namespace

std::vector<Param> loading_keys() {
    const Shape text = detail::plain_shape("string");
    Shape cursor = detail::plain_shape("object");
    cursor.fields = cursor_params();
    cursor.takes_text = true;
    Shape fresh = detail::plain_shape("object");
    fresh.takes_text = true;
    return {
        loading_choice(
            "load", &Loading::mode, {"full", "append", "upsert", "snapshot"},
            "full: all rows each time; append: rows are added; upsert: the newest row of "
            "each key; snapshot: every version of each key's row, with valid_from and "
            "valid_to."),
        loading_param("key", &Loading::key, "The columns that tell rows apart."),
        custom_param<Source>("cursor", cursor,
                             "Asks only for rows whose value is at least the highest seen.",
                             &read_cursor),
        loading_choice("deletes", &Loading::detects_deletes, {"keep", "detect"},
                       "What happens to rows of keys that are gone."),
        loading_param("deleted", &Loading::deleted,
                      "Boolean column that is true where the source calls a row deleted."),
        loading_choice("schema", &Loading::schema, {"evolve", "ignore", "fail"},
                       "What columns that come, go or change their type do."),
        custom_param<Source>("every", text, "Ask the source no more often, such as '1 hour'.",
                             &read_every),
        custom_param<Source>("fresh", fresh, "How old the newest row may be.", &read_fresh),
        loading_param("rows_max", &Loading::row_count_max, "Of one load; 0: no limit.").at_least(0),
        custom_param<Source>("bytes_max", text, "Of one load, such as '4 GB'.", &read_bytes_max),
    };
}

}  // namespace quern::project
