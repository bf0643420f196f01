#include "quern/score/exporters/wasm_page.h"

#include <cmath>

#include "quern/base/json.h"
#include "quern/score/exporters/check_rows.h"
#include "quern/score/storage.h"

namespace quern::score::wasm {
namespace {

// MODEL, MODULE and ROWS are put in their places.
constexpr std::string_view kPage = R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title></title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto }
  form { display: grid; grid-template-columns: minmax(8rem, auto) 1fr; gap: .4rem 1rem }
  label { overflow-wrap: anywhere } input, select { font: inherit; padding: .1rem .4rem }
  output { display: block; font-size: 1.4rem; margin: 1rem 0 } small { color: GrayText }
</style>
<h1></h1>
<p>Scored on this page, by WebAssembly: nothing leaves it. An empty field is NULL.</p>
<form></form>
<output></output>
<small id="check">checking ...</small>
<script type="module">
const model = MODEL;
const rows = ROWS;
const bytes = Uint8Array.from(atob("MODULE"), c => c.charCodeAt(0));
const { instance } = await WebAssembly.instantiate(bytes);
const wasm = instance.exports;

// A value is null or what the input's kind says: a number, a whole number as text, a text.
function put(values) {
  let used = wasm.space();
  const end = used + 65536;
  model.inputs.forEach((input, i) => {
    const value = values[i];
    if (value === null) wasm.set_null(i, 0);
    else if (input.kind === "number") wasm.set_number(i, Number(value));
    else if (input.kind === "whole") wasm.set_whole(i, BigInt(value));
    else {
      const text = new TextEncoder().encode(value);
      if (used + text.length > end) throw new Error("the texts are too long");
      new Uint8Array(wasm.memory.buffer).set(text, used);
      wasm.set_text(i, used, text.length);
      used += text.length;
    }
  });
}
function score(values) {
  put(values);
  const isFailed = wasm.score() !== 0;
  const read = (at, count) => Array.from(new Float64Array(wasm.memory.buffer, at, count));
  const outputs = read(wasm.outputs(), model.outputs);
  return { isFailed, outputs, raw: read(wasm.raw(), model.raws) };
}

// What people type, as the input's kind.
function typed(input, text) {
  if (text === "") return input.kind === "text" && input.isNeeded ? "" : null;
  if (input.kind !== "whole") return text;
  if (input.type === "DATE") return String(Math.round(Date.parse(text) / 864e5));
  if (input.type.startsWith("TIMESTAMP")) return String(Date.parse(text + "Z")) + "000";
  const isWhole = input.scale === 0 && /^-?\d+$/.test(text);
  return isWhole ? text : String(Math.round(Number(text) * 10 ** input.scale));
}
function show() {
  const fields = [...document.querySelectorAll("form [name]")];
  const values = model.inputs.map((input, i) => typed(input, fields[i].value));
  const { isFailed, outputs } = score(values);
  const percent = p => (100 * p).toFixed(1) + " %";
  document.querySelector("output").textContent = isFailed
    ? "this row has no score: a feature cannot be computed"
    : model.classes.length === 0 ? model.target + ": " + outputs[0].toPrecision(6)
    : model.classes.map((name, k) => name + " " + percent(outputs[k])).join(", ");
}

document.title = document.querySelector("h1").textContent = model.name;
const form = document.querySelector("form");
model.inputs.forEach((input, i) => {
  const label = document.createElement("label");
  label.textContent = input.name;
  let field = document.createElement("input");
  if (input.type === "BOOLEAN") {
    field = document.createElement("select");
    for (const [text, value] of [["", ""], ["yes", "1"], ["no", "0"]])
      field.add(new Option(text, value));
  } else if (input.categories.length > 0) {
    field = document.createElement("select");
    for (const value of ["", ...input.categories]) field.add(new Option(value, value));
  } else {
    field.type = input.type === "DATE" ? "date"
      : input.type.startsWith("TIMESTAMP") ? "datetime-local"
      : input.kind === "text" ? "text" : "number";
    field.step = "any";
  }
  field.name = field.id = label.htmlFor = "input" + i;
  field.value = input.type === "BOOLEAN" ? { true: "1", false: "0" }[input.example] ?? ""
    : field.type === "datetime-local" ? input.example.replace(" ", "T") : input.example;
  form.append(label, field);
});
form.addEventListener("input", show);

// Every row that came with the model, once more.
let off = 0, most = 0;
const number = text => Number(text);
for (const row of rows) {
  const found = score(row.inputs);
  let isOff = found.isFailed !== row.failed;
  for (const name of ["outputs", "raw"])
    row[name].forEach((text, k) => {
      const want = number(text), got = found[name][k];
      if (Object.is(want, got) || want === got) return;
      const difference = Math.abs(want - got) / Math.max(1, Math.abs(want));
      if (!(difference <= 1e-12)) isOff = true;
      most = Math.max(most, difference);
    });
  off += isOff;
}
document.querySelector("#check").textContent =
  `${rows.length} rows checked, ${off} differ, largest difference ${most}`;
show();
</script>
</html>
)";

const char* kind_of(const frame::Type& type) {
    const Storage storage = storage_of(type);
    if (storage == Storage::text) return "text";
    return storage == Storage::f32 || storage == Storage::f64 ? "number" : "whole";
}

std::string double_text(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
    return value == 0 && std::signbit(value) ? "-0" : json_number(value);
}

// As it is stored: a decimal without its point, a date in days.
void write_value(const frame::Column& column, size_t row, JsonWriter& json) {
    if (!column.is_valid(row)) {
        json.null();
        return;
    }
    with_storage(storage_of(column.type()), [&]<class T>(Tag<T>) {
        if constexpr (kIsText<T>)
            json.value(std::string(column.text(row)));
        else if constexpr (kIsFloat<T>)
            json.value(double_text(static_cast<double>(column.value<T>(row))));
        else if constexpr (std::is_same_v<T, uint64_t>)
            json.value(std::to_string(column.value<T>(row)));
        else if constexpr (sizeof(T) <= 8)
            json.value(std::to_string(static_cast<int64_t>(column.value<T>(row))));
        else
            json.null();
    });
}

std::string model_json(const Scorer& scorer, const CheckRows& rows) {
    const Program& program = scorer.program();
    JsonWriter json;
    json.begin_object().field("name", program.model_name).field("target", program.target);
    json.field("outputs", program.output_count()).field("raws", scorer.raw_count());
    json.list("classes", program.classes).key("inputs").begin_array();
    for (size_t i = 0; i < program.inputs.size(); ++i) {
        const Input& input = program.inputs[i];
        const bool has_example = rows.golden_count > 0 && rows.inputs[i].is_valid(0);
        json.begin_object().field("name", input.name).field("type", type_text(input.type));
        json.field("kind", kind_of(input.type)).field("scale", static_cast<int>(input.type.scale));
        json.field("isNeeded", !input.is_nullable).list("categories", input.categories);
        json.field("example",
                   has_example ? frame::value_text(rows.inputs[i].view(), 0) : std::string());
        json.end_object();
    }
    return json.end_array().end_object().take();
}

std::string rows_json(const Scorer& scorer, const CheckRows& rows) {
    JsonWriter json;
    json.begin_array();
    const auto doubles = [&](std::string_view name, const double* values, size_t count) {
        json.key(name).begin_array();
        for (size_t i = 0; i < count; ++i) json.value(double_text(values[i]));
        json.end_array();
    };
    for (size_t row = 0; row < rows.row_count(); ++row) {
        json.begin_object().key("inputs").begin_array();
        for (const frame::Column& column : rows.inputs) write_value(column, row, json);
        json.end_array().field("failed", rows.wanted.is_failed[row] != 0);
        const size_t outputs = rows.wanted.output_count, raws = scorer.raw_count();
        doubles("outputs", rows.wanted.outputs.data() + row * outputs, outputs);
        doubles("raw", rows.wanted.raw.data() + row * raws, raws);
        json.end_object();
    }
    return json.end_array().take();
}

std::string base64(std::string_view bytes) {
    constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (size_t i = 0; i < bytes.size(); i += 3) {
        const size_t count = std::min<size_t>(3, bytes.size() - i);
        uint32_t group = 0;
        for (size_t k = 0; k < 3; ++k)
            group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0);
        for (size_t k = 0; k < 4; ++k)
            out += k <= count ? kDigits[group >> (18 - 6 * k) & 63] : '=';
    }
    return out;
}

// Nothing in JSON may end the script that it stands in.
std::string in_script(std::string json) {
    for (size_t at = 0; (at = json.find('<', at)) != std::string::npos;)
        json.replace(at, 1, "\\u003c");
    return json;
}

}  // namespace

Result<std::string> page(const Scorer& scorer, std::string_view module) {
    const CheckRows rows = TRY(check_rows(scorer));
    std::string out(kPage);
    const auto put = [&](std::string_view mark, const std::string& text) {
        out.replace(out.find(mark), mark.size(), text);
    };
    put("MODULE", base64(module));
    put("ROWS", in_script(rows_json(scorer, rows)));
    put("MODEL", in_script(model_json(scorer, rows)));
    return out;
}

}  // namespace quern::score::wasm
