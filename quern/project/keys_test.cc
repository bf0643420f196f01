// Sources, models and services: what their keys take and refuse.
#include "quern/project/keys.h"

#include <gtest/gtest.h>

namespace quern::project {
namespace {

template <class T>
Result<T> read(std::string_view yaml, Result<T> (*reader)(const Tree&)) {
    const Tree tree = TRY(parse_yaml({.text = yaml, .file = "x.yml"}));
    return reader(tree);
}

TEST(SourceKeys, AreAllRead) {
    const auto source = read(
        "file: [a.csv, b/*.csv.gz]\nformat: csv\ncompression: gzip\nencoding: latin-1\n"
        "delimiter: \\t\nheader: false\nskip_lines: 2\nnames: [a, b]\nnull_values: ['?', NA]\n"
        "date_format: '%d.%m.%Y'\ndecimal_separator: ','\non_bad_row: fail\ncomment: '#'\n"
        "columns:\n  a: INTEGER\n  b: {type: DATE, nullable: false, pii: true, description: "
        "born}\n",
        &read_source);
    ASSERT_TRUE(source.ok()) << source.status().text();
    EXPECT_EQ(source->files[1].text, "b/*.csv.gz");
    EXPECT_EQ(source->delimiter, "\t");
    EXPECT_EQ(source->has_header, false);
    EXPECT_EQ(source->null_values, (std::vector<std::string>{"?", "NA"}));
    EXPECT_TRUE(source->fails_on_bad_row);
    EXPECT_EQ(source->columns[0].type, "INTEGER");
    EXPECT_FALSE(source->columns[1].is_nullable);
    EXPECT_TRUE(source->columns[1].is_personal);
    EXPECT_EQ(source->columns[1].place.text(), "x.yml:16:3");
}

TEST(SourceKeys, HaveDefaults) {
    const auto source = read("file: a.csv\nheader: auto\n", &read_source);
    ASSERT_TRUE(source.ok());
    EXPECT_FALSE(source->has_header.has_value());
    EXPECT_EQ(source->null_values, std::vector<std::string>{""});
    EXPECT_FALSE(source->fails_on_bad_row);
    EXPECT_EQ(source->quote, "\"");
}

TEST(SourceKeys, TakeAnOriginInsteadOfFiles) {
    const auto source = read(
        "postgres: {table: orders}\nload: upsert\nkey: [a, b]\n"
        "cursor: {column: at, start: 2024-01-01, overlap: 1 hour}\ndeletes: detect\n"
        "deleted: is_gone\nschema: fail\nevery: 2 hours\nfresh: {within: 1 day, severity: warn}\n"
        "rows_max: 10\nbytes_max: 1 MB\n",
        &read_source);
    ASSERT_TRUE(source.ok()) << source.status().text();
    EXPECT_EQ(source->origin->kind.text, "postgres");
    EXPECT_EQ(source->origin->settings.find("table")->text, "orders");
    const auto& loading = source->loading;
    EXPECT_EQ(loading.mode, LoadMode::upsert);
    EXPECT_EQ(loading.key[1].text, "b");
    EXPECT_EQ(loading.cursor->column.text, "at");
    EXPECT_EQ(loading.cursor->start, "2024-01-01");
    EXPECT_EQ(loading.cursor->overlap, "3600000000 microseconds");
    EXPECT_TRUE(loading.detects_deletes);
    EXPECT_EQ(loading.deleted->text, "is_gone");
    EXPECT_EQ(loading.schema, SchemaChange::fail);
    EXPECT_EQ(loading.every_us, 7'200'000'000);
    EXPECT_EQ(loading.fresh->within_us, 86'400'000'000);
    EXPECT_TRUE(loading.fresh->is_warning);
    EXPECT_EQ(loading.row_count_max, 10);
    EXPECT_EQ(loading.byte_count_max, 1'000'000);
}

TEST(SourceKeys, SayWhatIsWrong) {
    const auto check = [](std::string_view yaml, std::string_view want) {
        EXPECT_EQ(read(yaml, &read_source).status().text(), want) << yaml;
    };
    check("format: csv",
          "x.yml:1:1: the source says nothing of where its rows are\n"
          "  add `file: data/orders.csv`, or one of `quern sources`");
    check("file: a.csv\nformt: csv",
          "x.yml:2:1: unknown key 'formt' in source\n  did you mean 'format'?");
    check("file: ''", "x.yml:1:7: 'file' is empty");
    check("file: s3://x/y",
          "x.yml:1:7: 's3://x/y' is not a file of this machine; this version of quern reads local "
          "files only");
    check("file: a\nformat: xls",
          "x.yml:2:9: 'format' must be one of csv, tsv, parquet, json, ndjson, xlsx, avro, "
          "combined, common, syslog, pattern, got 'xls'\n  did you mean 'xlsx'?");
    check("file: a\nload: append",
          "x.yml:2:7: 'load' is for rows that lie in no file of the project");
    check("sqlite: a.db\nload: upsert",
          "x.yml:2:7: 'load: upsert' needs a key\n"
          "  name the columns that tell rows apart: `key: id`");
    check("sqlite: a.db\ncursor: id",
          "x.yml:2:9: 'cursor' is for `load: append`, `upsert` or "
          "`snapshot`");
    check("sqlite: a.db\nload: append\ncursor: {column: a, overlap: -5}",
          "x.yml:3:30: 'overlap' must be a number and a unit, got '-5'\n"
          "  write `overlap: 3 hours`; units are seconds, minutes, hours, days and weeks");
    check("file: a\ncolumns: {a: \"INT); copy (select 1) to 'x'; --\"}",
          "x.yml:2:14: 'INT); copy (select 1) to 'x'; --' is no type\n"
          "  write a type of SQL, such as INTEGER, DECIMAL(12,2), VARCHAR[] or TIMESTAMP");
    check("sqlite: a.db\ndeletes: detect",
          "x.yml:2:10: 'deletes' is for `load: upsert` or `snapshot`");
    check("sqlite: a.db\nevery: 5",
          "x.yml:2:8: 'every' must be a number and a unit, got '5'\n"
          "  write `every: 3 hours`; units are seconds, minutes, hours, days and weeks");
    check("file: a\nheader: yes",
          "x.yml:2:9: 'header' must be one of auto, true, false, got 'yes'");
    check("file: a\ndelimiter: ''",
          "x.yml:2:12: 'delimiter' must be 1 to 4 bytes without quotes and line ends");
    check("file: a\nheader: true\nnames: [a]",
          "x.yml:3:8: 'names' is for files without a header\n"
          "  leave out `names` or write `header: false`");
    check("file: a\ncolumns: [a, b]",
          "x.yml:2:10: 'columns' must be a map of column names\n"
          "  names alone, of files without a header, are written as `names: [a, b]`");
    check("file: a\ncolumns: {a: {typ: DATE}}",
          "x.yml:2:15: unknown key 'typ' in column 'a'\n  did you mean 'type'?");
    check("file: a\nnull_values: [NULL]",
          "x.yml:2:15: 'null_values' must be text, got nothing\n"
          "  put quotes around it if `null` is the text");
    check("file: a\nline_bytes_max: 5",
          "x.yml:2:17: 'line_bytes_max' must be an integer in [1024, 1073741824], got '5'");
}

TEST(ModelKeys, AreAllRead) {
    const auto model = read(
        "description: Will it?\nfrom: t\ntarget: y\ntask: classify\nkey: [a, b]\ntime: at\n"
        "weight: w\npositive: 'yes'\nfeatures:\n  - a / nullif(b, 0) as ratio\n  - c\n"
        "exclude: [sex]\nalgorithm: {gbdt: {num_leaves: 31}}\n"
        "split: {kind: group, group: g, test: 0.3, folds: 5, seed: 7}\nmetric: roc_auc\n"
        "threshold: 0.4\ngates: [roc_auc >= 0.75, roc_auc >= champion - 0.005]\n",
        &read_model);
    ASSERT_TRUE(model.ok()) << model.status().text();
    EXPECT_EQ(model->key.size(), 2u);
    EXPECT_EQ(model->time->text, "at");
    EXPECT_EQ(model->positive->text, "yes");
    EXPECT_EQ(model->features[0].text, "a / nullif(b, 0) as ratio");
    EXPECT_EQ(model->features[0].place.text(), "x.yml:10:5");
    EXPECT_EQ(model->algorithm.name, "gbdt");
    EXPECT_EQ(model->algorithm.settings.find("num_leaves")->text, "31");
    EXPECT_EQ(model->split.kind, SplitKind::group);
    EXPECT_EQ(model->split.folds, 5);
    EXPECT_DOUBLE_EQ(*model->threshold, 0.4);
    EXPECT_EQ(model->gates[1].text, "roc_auc >= champion - 0.005");
}

TEST(ModelKeys, NeedTwoOnly) {
    const auto model = read("from: t\ntarget: y\n", &read_model);
    ASSERT_TRUE(model.ok());
    EXPECT_EQ(model->algorithm.name, "auto");
    EXPECT_EQ(model->split.kind, SplitKind::automatic);
    EXPECT_FALSE(model->threshold.has_value());
}

TEST(ModelKeys, SayWhatIsWrong) {
    const auto check = [](std::string_view yaml, std::string_view want) {
        const std::string whole = "from: t\ntarget: y\n" + std::string(yaml);
        EXPECT_EQ(read(whole, &read_model).status().text(), want) << yaml;
    };
    check("algorithm: [gbdt, linear]",
          "x.yml:3:12: a list of algorithms is not known to this version of quern\n  name one");
    check("algorithm: {gbdt: 3}",
          "x.yml:3:12: 'algorithm' must be one name, with or without settings\n"
          "  write `algorithm: gbdt` or `algorithm: {gbdt: {num_leaves: 31}}`");
    check("tune: {trials: 40}",
          "x.yml:3:1: the key 'tune' of a model is not known to this version of quern\n"
          "  leave it out");
    check("task: cluster", "x.yml:2:9: 'target' is not for a model whose task is cluster");
    check("task: rank", "x.yml:3:7: 'task' must be one of classify, regress, cluster, got 'rank'");
    check("threshold: 1.5", "x.yml:3:12: 'threshold' must be a number in [0, 1], got '1.5'");
    check("split: {test: 1}", "x.yml:3:15: 'test' must be a number in (0, 1), got '1'");
    check("split: {folds: 1}", "x.yml:3:16: 'folds' must be 0 or at least 2, got '1'");
    check("split: {kind: group}",
          "x.yml:3:8: a split of kind group needs the key 'group'\n"
          "  write `split: {kind: group, group: COLUMN}`");
    check("split: {kind: random, group: g}",
          "x.yml:3:8: 'group' is of a split of kind group\n"
          "  write `split: {kind: group, group: COLUMN}`");
    check("split: {kind: time}",
          "x.yml:3:8: a split of kind time needs the model's key 'time'\n  write `time: COLUMN`");
    check("features:\n  - case when a then 'x: y' end",
          "x.yml:4:5: 'features' must be text, got a map\n"
          "  put quotes around a text that holds ': '");
}

TEST(ServiceKeys, SplitTheModelsName) {
    const auto check = [](std::string_view yaml, std::string_view model, std::string_view alias) {
        const auto service = read(yaml, &read_service);
        ASSERT_TRUE(service.ok()) << service.status().text();
        EXPECT_EQ(service->model, model);
        EXPECT_EQ(service->alias, alias);
    };
    check("model: repay", "repay", "champion");
    check("model: repay@previous", "repay", "previous");
    EXPECT_FALSE(read("model: repay@", &read_service).ok());
    EXPECT_FALSE(read("model: '@champion'", &read_service).ok());
    EXPECT_FALSE(read("description: x", &read_service).ok());
    EXPECT_EQ(read("model: a\nexplain: true", &read_service).status().code(), Code::unimplemented);
}

TEST(Sizes, AreReadWithUnits) {
    const auto check = [](std::string text, int64_t want) {
        const auto size = parse_size_bytes(Tree::scalar(text));
        ASSERT_TRUE(size.ok()) << text;
        EXPECT_EQ(*size, want) << text;
    };
    check("1000", 1000);
    check("4 GB", 4'000'000'000);
    check("0.5GiB", 536'870'912);
    check("512 mib", 536'870'912);
    for (const char* const text : {"", "GB", "-1 GB", "0", "4 parsecs", "1e99 GB", "nan", "inf"}) {
        EXPECT_FALSE(parse_size_bytes(Tree::scalar(text)).ok()) << text;
    }
}

}  // namespace
}  // namespace quern::project
