#include "quern/data/load.h"

#include <algorithm>
#include <optional>

#include "quern/base/folder.h"
#include "quern/base/text.h"
#include "quern/data/insert.h"
#include "quern/data/quarantine.h"
#include "quern/data/reading.h"
#include "quern/data/rows.h"
#include "quern/data/source_format.h"

namespace quern::data {
namespace {

// Columns of all files by name, in the order they are first seen. Files without rows know no types.
Status unite(const std::vector<Staged>& files, SourceShape& shape) {
    std::vector<bool> is_typed;
    for (const auto& file : files) {
        const bool has_rows = file.row_count > 0;
        for (const auto& column : file.schema) {
            const int found = frame::column_index(shape.columns, column.name);
            if (found < 0) {
                shape.columns.push_back(column);
                is_typed.push_back(has_rows);
                continue;
            }
            const auto index = static_cast<size_t>(found);
            if (!has_rows) continue;
            shape.columns[index].type =
                is_typed[index] ? common_type(shape.columns[index].type, column.type) : column.type;
            is_typed[index] = true;
        }
        const auto agree = [](std::string& known, const std::string& found) {
            if (known.empty()) known = found;
        };
        agree(shape.date_format, file.date_format);
        agree(shape.timestamp_format, file.timestamp_format);
    }
    for (const auto& file : files) {
        for (const auto& column : shape.columns) {
            if (frame::column_index(file.schema, column.name) >= 0) continue;
            shape.notes.push_back(file.name + " has no column " + column.name +
                                  ": it reads as NULL");
        }
    }
    return {};
}

// Kept are columns that hold such texts in one file and nothing but numbers in the others.
void unite_comma_columns(const std::vector<Staged>& files, const project::Source& source,
                         SourceShape& shape) {
    const auto is_declared = [&](const std::string& name) {
        return std::ranges::any_of(source.columns, [&](const auto& column) {
            return lower_ascii(column.name) == lower_ascii(name) && !column.type.empty();
        });
    };
    for (const auto& column : shape.columns) {
        bool has_comma = false, is_number = !is_declared(column.name);
        for (const auto& file : files) {
            const int index = frame::column_index(file.schema, column.name);
            if (index < 0 || file.row_count == 0) continue;
            const auto& found = file.schema[static_cast<size_t>(index)];
            const bool is_comma =
                std::ranges::find(file.comma_columns, found.name) != file.comma_columns.end();
            has_comma |= is_comma;
            is_number &= is_comma || frame::is_numeric(found.type);
        }
        if (has_comma && is_number) shape.comma_columns.push_back(column.name);
    }
    const size_t count = shape.comma_columns.size();
    if (count == 0) return;
    shape.notes.push_back(plural(static_cast<int64_t>(count), "column") +
                          (count == 1 ? " looks like numbers" : " look like numbers") +
                          " with a decimal comma; set decimal_separator: \",\"");
}

// Types that the source declares win over those found.
Status apply_declared(const project::Source& source, SourceShape& shape, bool may_lack = false) {
    if (!source.date_format.empty()) shape.date_format = source.date_format;
    if (!source.timestamp_format.empty()) shape.timestamp_format = source.timestamp_format;
    std::vector<std::string_view> names;
    for (const auto& column : shape.columns) names.push_back(column.name);
    Status faults;
    for (const auto& column : source.columns) {
        const int index = frame::column_index(shape.columns, column.name);
        if (index < 0) {
            if (may_lack) continue;
            faults.also(unknown_name("column", column.name, names).at(column.place.text()));
        } else if (!column.type.empty()) {
            shape.columns[static_cast<size_t>(index)].type = frame::type_from_sql(column.type);
        }
    }
    return faults;
}

// What every step of one load shares.
struct Load {
    sql::Session& session;
    const std::string& root;
    const project::Source& source;
    std::string folder;  // for temporary files
    SourceShape shape = {};
    const frame::Schema* settled = nullptr;

    Result<Staged> stage(const std::string& file, bool is_sample, Quarantine* quarantine,
                         bool wants_copy = false) {
        const auto* format = TRY(format_of(source, file));
        std::vector<std::string> said_before;
        const auto known = shape.counts.find(file);
        StageRequest request{.session = session,
                             .source = source,
                             .path = join_path(root, file),
                             .name = file,
                             .folder = folder,
                             .is_sample = is_sample,
                             .finds_types = shape.columns.empty(),
                             .wants_copy = wants_copy,
                             .quarantine = quarantine,
                             .settled = settled,
                             .known = known == shape.counts.end() ? nullptr : &known->second,
                             .notes = shape.columns.empty() ? shape.notes : said_before};
        return format->stage(request);
    }

    // Finds the columns from the beginnings of the files.
    Status look(const std::vector<FileVersion>& files, bool may_lack = false) {
        std::vector<Staged> samples;
        for (const auto& file : files) samples.push_back(TRY(stage(file.path, true, nullptr)));
        TRY(unite(samples, shape));
        for (const auto& sample : samples)
            if (sample.counts) shape.counts.emplace(sample.name, *sample.counts);
        unite_comma_columns(samples, source, shape);
        return apply_declared(source, shape, may_lack);
    }
};

// In a set of files an empty one is passed over; a source that is nothing but empty is refused.
std::vector<FileVersion> without_empty(const std::vector<FileVersion>& files,
                                       std::vector<std::string>& notes) {
    std::vector<FileVersion> kept;
    for (const auto& file : files) {
        if (file.size_bytes > 0) {
            kept.push_back(file);
        } else if (files.size() > 1) {
            notes.push_back(file.path + " is empty (0 bytes)");
        }
    }
    return kept.empty() ? files : kept;
}

Status refuse_changed(const Load& load, const std::vector<FileVersion>& before) {
    const auto after = TRY(source_files(load.root, load.source));
    const auto same = [](const FileVersion& a, const FileVersion& b) {
        return a.path == b.path && a.size_bytes == b.size_bytes && a.modified_ns == b.modified_ns;
    };
    if (std::ranges::equal(before, after, same)) return {};
    return unavailable("the files of source '" + load.source.name +
                       "' changed while they were read")
        .at(load.source.place.text())
        .hint("run again; write files aside and rename them into place");
}

// A report that does not add up is never handed on.
Status refuse_lost(const LoadReport& report, const project::Source& source, int64_t kept_count) {
    const bool is_right = report.rows_loaded + report.rows_quarantined == report.rows_read &&
                          kept_count == report.rows_quarantined;
    if (is_right) return {};
    return internal("source '" + source.name + "': " + plural(report.rows_read, "row") +
                    " read, but " + std::to_string(report.rows_loaded) + " loaded and " +
                    std::to_string(kept_count) + " quarantined");
}

Status refuse_bad_rows(const LoadReport& report, const project::Source& source) {
    if (report.rows_quarantined == 0) return {};
    if (source.fails_on_bad_row) {
        return invalid_argument(report.first_reason + "; " +
                                plural(report.rows_quarantined, "row") + " of " +
                                with_thousands(report.rows_read) + " cannot be loaded")
            .at(source.place.text())
            .hint("set `on_bad_row: quarantine` to load the others");
    }
    if (report.rows_loaded > 0) return {};
    const bool is_json = report.first_reason.find("JSON") != std::string::npos;
    const bool is_log = report.first_reason.find("line") != std::string::npos;
    return invalid_argument("not one of " + plural(report.rows_read, "row") + " of source '" +
                            source.name + "' can be loaded; the first: " + report.first_reason)
        .at(source.place.text())
        .hint(is_json  ? "each record must be an object: {\"name\": value, ...}"
              : is_log ? "look at `format` and `pattern`"
                       : "look at its delimiter, header and the types of its columns");
}

}  // namespace

Result<SourceShape> describe_source(sql::Session& session, const std::string& root,
                                    const project::Source& source) {
    const auto folder = TRY(TemporaryFolder::create());
    Load load{.session = session, .root = root, .source = source, .folder = folder.path()};
    std::vector<std::string> notes;
    const auto files = without_empty(TRY(source_files(root, source)), notes);
    TRY(load.look(files));
    load.shape.notes.insert(load.shape.notes.begin(), notes.begin(), notes.end());
    return std::move(load.shape);
}

Result<LoadReport> load_source(sql::Session& session, const std::string& root,
                               const project::Source& source, const LoadTarget& target,
                               const HashLookup& known) {
    const auto folder = TRY(TemporaryFolder::create());
    Load load{.session = session, .root = root, .source = source, .folder = folder.path()};
    load.settled = target.settled;
    LoadReport report;
    report.files = TRY(source_version(root, source, known));
    const auto files = without_empty(report.files, report.notes);
    auto quarantine = TRY(Quarantine::create(session, target.origin_of));
    const bool is_settled = target.settle != nullptr;

    std::optional<Staged> only;  // a single file is gone through once, for types and rows
    if (target.shape != nullptr) {
        load.shape = *target.shape;
    } else if (files.size() == 1) {
        only = TRY(load.stage(files[0].path, false, &quarantine));
        TRY(unite({*only}, load.shape));
        unite_comma_columns({*only}, source, load.shape);
        TRY(apply_declared(source, load.shape, is_settled));
    } else {
        TRY(load.look(files, is_settled));
    }
    if (load.shape.columns.empty() && quarantine.row_count() > 0) {
        report.rows_read = report.rows_quarantined = quarantine.row_count();
        report.first_reason = quarantine.first_reason();
        TRY(quarantine.publish(target.quarantine));
        if (is_settled && !source.fails_on_bad_row) return report;
        TRY(refuse_bad_rows(report, source));
    }
    if (is_settled) TRY(target.settle(load.shape));
    Insert insert{.session = session,
                  .source = source,
                  .table = target.table,
                  .columns = load.shape.columns,
                  .date_format = load.shape.date_format,
                  .timestamp_format = load.shape.timestamp_format};
    TRY(insert.create_table());
    for (const auto& file : files) {
        const Staged staged = only ? *only : TRY(load.stage(file.path, false, &quarantine));
        const auto again = [&] { return load.stage(file.path, false, nullptr, true); };
        TRY(insert.add(staged, quarantine, again));
        report.rows_read += staged.row_count + staged.rejected_count;
    }
    TRY(refuse_changed(load, report.files));
    report.rows_loaded = insert.row_count;
    report.rows_quarantined = quarantine.row_count();
    report.first_reason = quarantine.first_reason();
    report.columns = load.shape.columns;
    report.comma_columns = load.shape.comma_columns;
    report.notes.insert(report.notes.end(), load.shape.notes.begin(), load.shape.notes.end());
    const int64_t kept_count = TRY(quarantine.publish(target.quarantine));
    TRY(refuse_lost(report, source, kept_count));
    if (!is_settled || source.fails_on_bad_row) TRY(refuse_bad_rows(report, source));
    return report;
}

}  // namespace quern::data
