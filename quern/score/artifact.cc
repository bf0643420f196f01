#include "quern/score/artifact.h"

#include <cstring>
#include <list>

#include <nlohmann/json.hpp>

#include "quern/score/artifact_fields.h"
#include "quern/score/container.h"
#include "quern/score/mapped_file.h"
#include "quern/score/verify.h"

namespace quern::score {
namespace {

constexpr std::string_view kTasks[] = {"classify", "regress"};
constexpr std::string_view kLinks[] = {"identity",         "sigmoid",       "softmax",
                                       "exponential",      "float_sigmoid", "float_softmax",
                                       "float_exponential"};
constexpr std::string_view kFormat = "quern model";

template <class E>
std::string choice(std::span<const std::string_view> names, E value) {
    return std::string(names[static_cast<size_t>(value)]);
}

Status bad(std::string what) { return corrupt("program: " + std::move(what)); }

// Buffers on their way into a container; holds what texts were turned into.
class TensorWriter {
public:
    explicit TensorWriter(Container& container) : container_(container) {}

    void add(const std::string& prefix, const Buffers& buffers) {
        for (const auto& [name, buffer] : buffers)
            std::visit(
                [&, &path = prefix, &key = name](const auto& values) { add(path + key, values); },
                buffer);
    }
    void add(const std::string& name, const std::vector<double>& v) { put(name, "F64", v); }
    void add(const std::string& name, const std::vector<int64_t>& v) { put(name, "I64", v); }
    void add(const std::string& name, const std::vector<int32_t>& v) { put(name, "I32", v); }
    void add(const std::string& name, const std::vector<uint32_t>& v) { put(name, "U32", v); }
    void add(const std::string& name, const std::vector<uint8_t>& v) { put(name, "U8", v); }
    // Texts are their bytes, one after the other, and where each ends.
    void add(const std::string& name, const std::vector<std::string>& texts) {
        auto& bytes = bytes_.emplace_back();
        auto& ends = ends_.emplace_back();
        for (const std::string& text : texts) {
            bytes.insert(bytes.end(), text.begin(), text.end());
            ends.push_back(static_cast<int64_t>(bytes.size()));
        }
        put(name + ":bytes", "U8", bytes);
        put(name + ":ends", "I64", ends);
    }

private:
    template <class T>
    void put(const std::string& name, const char* dtype, const std::vector<T>& values) {
        container_.tensors[name] = {dtype, std::as_bytes(std::span(values))};
    }
    Container& container_;
    std::list<std::vector<uint8_t>> bytes_;
    std::list<std::vector<int64_t>> ends_;
};

template <class T>
std::vector<T> values_of(const Tensor& tensor) {
    std::vector<T> values(tensor.bytes.size() / sizeof(T));
    if (!values.empty()) std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
    return values;
}

Result<Buffer> buffer_of(const Tensor& tensor) {
    if (tensor.dtype == "F64") return Buffer(values_of<double>(tensor));
    if (tensor.dtype == "I64") return Buffer(values_of<int64_t>(tensor));
    if (tensor.dtype == "I32") return Buffer(values_of<int32_t>(tensor));
    if (tensor.dtype == "U32") return Buffer(values_of<uint32_t>(tensor));
    if (tensor.dtype == "U8") return Buffer(values_of<uint8_t>(tensor));
    return bad("a buffer has an unknown type");
}

Result<Buffer> texts_of(const Tensor& bytes, const Tensor& ends) {
    if (bytes.dtype != "U8" || ends.dtype != "I64") return bad("texts have an unknown type");
    std::vector<std::string> texts;
    int64_t begin = 0;
    for (int64_t end : values_of<int64_t>(ends)) {
        if (end < begin || end > std::ssize(bytes.bytes)) return bad("a text is out of place");
        texts.emplace_back(reinterpret_cast<const char*>(bytes.bytes.data()) + begin,
                           static_cast<size_t>(end - begin));
        begin = end;
    }
    if (begin != std::ssize(bytes.bytes)) return bad("there are bytes after the texts");
    return Buffer(std::move(texts));
}

// Takes the buffers whose names begin with `prefix` out of the container.
Result<Buffers> take_buffers(Container& container, const std::string& prefix) {
    Buffers buffers;
    auto& tensors = container.tensors;
    for (auto at = tensors.lower_bound(prefix);
         at != tensors.end() && at->first.starts_with(prefix); at = tensors.erase(at)) {
        std::string name = at->first.substr(prefix.size());
        size_t colon = name.find(':');
        if (colon == std::string::npos) {
            buffers[name] = TRY(buffer_of(at->second));
            continue;
        }
        std::string base = name.substr(0, colon);
        if (name.substr(colon) == ":ends") continue;
        auto ends = tensors.find(prefix + base + ":ends");
        if (name.substr(colon) != ":bytes" || ends == tensors.end())
            return bad("texts are not complete");
        if (!buffers.emplace(base, TRY(texts_of(at->second, ends->second))).second)
            return bad("two buffers have one name");
    }
    return buffers;
}

std::string encoder_prefix(size_t index) { return "encoder." + std::to_string(index) + "."; }
std::string stage_prefix(size_t index) { return "stage." + std::to_string(index) + "."; }
std::string golden_prefix(size_t index) { return "golden." + std::to_string(index) + "."; }

int version_of(const Program& program) {
    if (program.link > Link::exponential) return 5;
    if (program.link == Link::sigmoid && program.classes.size() > 2) return 5;
    // What models of trees learned to hold, alone or in a stack.
    for (const auto& [name, buffer] : program.model.learned)
        if (name.ends_with("background") || name.ends_with("leaf_constant") ||
            name.ends_with("is_float32"))
            return 5;
    if (!program.calibration.kind.empty() || !program.conformal.kind.empty()) return 4;
    if (!program.lookups.empty()) return 3;
    bool has_names = false;
    for (const FittedEncoder& encoder : program.encoders) has_names |= !encoder.name.empty();
    return has_names || !program.stages.empty() || !program.matrix.empty() ? 2 : 1;
}

json write_fields(const Program& program) {
    json out = {{"model_name", program.model_name},
                {"task", choice(kTasks, program.task)},
                {"target", program.target},
                {"target_type", to_json(program.target_type)},
                {"classes", program.classes},
                {"model", program.model.kind},
                {"link", choice(kLinks, program.link)},
                {"link_scale", program.link_scale},
                {"threshold", program.threshold},
                {"metadata", program.metadata}};
    for (const char* list : {"inputs", "expressions", "features", "encoders", "golden"})
        out[list] = json::array();
    for (const Input& input : program.inputs) out["inputs"].push_back(to_json(input));
    for (const Lookup& lookup : program.lookups) out["lookups"].push_back(to_json(lookup));
    for (const Expression& node : program.expressions) out["expressions"].push_back(to_json(node));
    for (const Feature& feature : program.features)
        out["features"].push_back({{"name", feature.name}, {"expression", feature.expression}});
    for (const FittedEncoder& encoder : program.encoders) {
        json fields = {{"kind", encoder.kind}, {"feature", encoder.feature}};
        if (!encoder.name.empty()) fields["name"] = encoder.name;
        out["encoders"].push_back(std::move(fields));
    }
    for (const FittedStage& stage : program.stages)
        out["stages"].push_back(
            {{"kind", stage.kind}, {"name", stage.name}, {"columns", stage.columns}});
    if (!program.matrix.empty()) out["matrix"] = program.matrix;
    if (version_of(program) >= 4) {
        out["calibration"] = program.calibration.kind;
        out["conformal"] = program.conformal.kind;
        out["coverage"] = program.conformal.coverage;
    }
    for (const GoldenRow& row : program.golden) {
        json inputs = json::array();
        for (const Constant& value : row.inputs) inputs.push_back(to_json(value));
        out["golden"].push_back(std::move(inputs));
    }
    return out;
}

template <class T>
Status read_each(const json& from, const char* key, size_t size_max, std::vector<T>& out) {
    const json* list = TRY(read_list(from, key, size_max));
    for (const json& item : *list) TRY(from_json(item, out.emplace_back()));
    return {};
}

Status read_texts(const json& from, Program& program) {
    TRY(read(from, "model_name", program.model_name));
    TRY(read(from, "target", program.target));
    TRY(read(from, "model", program.model.kind));
    TRY(read(from, "link_scale", program.link_scale));
    TRY(read(from, "threshold", program.threshold));
    program.task = static_cast<Task>(TRY(read_choice(from, "task", kTasks)));
    program.link = static_cast<Link>(TRY(read_choice(from, "link", kLinks)));
    TRY(from_json(from.value("target_type", json()), program.target_type));
    const json* classes = TRY(read_list(from, "classes", kClassesMax));
    for (const json& name : *classes) {
        if (!name.is_string()) return bad("a class is not a text");
        program.classes.push_back(name.get<std::string>());
    }
    json metadata = from.value("metadata", json());
    if (!metadata.is_object()) return bad("metadata are not texts");
    for (const auto& [key, value] : metadata.items()) {
        if (!value.is_string()) return bad("metadata are not texts");
        program.metadata[key] = value.get<std::string>();
    }
    return {};
}

Status read_parts(const json& from, Container& container, Program& program) {
    const json* features = TRY(read_list(from, "features", kExpressionsMax));
    for (const json& item : *features) {
        Feature& feature = program.features.emplace_back();
        TRY(read(item, "name", feature.name));
        TRY(read(item, "expression", feature.expression));
    }
    const json* encoders = TRY(read_list(from, "encoders", kMatrixColumnsMax));
    for (const json& item : *encoders) {
        FittedEncoder& encoder = program.encoders.emplace_back();
        TRY(read(item, "kind", encoder.kind));
        TRY(read(item, "feature", encoder.feature));
        if (item.contains("name")) TRY(read(item, "name", encoder.name));
        encoder.learned = TRY(take_buffers(container, encoder_prefix(program.encoders.size() - 1)));
    }
    program.model.learned = TRY(take_buffers(container, "model."));
    return {};
}

Status read_stages(const json& from, Container& container, Program& program) {
    if (from.contains("stages")) {
        const json* stages = TRY(read_list(from, "stages", kMatrixColumnsMax));
        for (const json& item : *stages) {
            FittedStage& stage = program.stages.emplace_back();
            TRY(read(item, "kind", stage.kind));
            TRY(read(item, "name", stage.name));
            stage.columns = TRY(read_positions(item, "columns", kMatrixColumnsMax));
            stage.learned = TRY(take_buffers(container, stage_prefix(program.stages.size() - 1)));
        }
    }
    if (from.contains("matrix"))
        program.matrix = TRY(read_positions(from, "matrix", kMatrixColumnsMax));
    return {};
}

// Parts that came with version 4.
Status read_outputs(const json& from, Container& container, Program& program) {
    TRY(read(from, "calibration", program.calibration.kind));
    TRY(read(from, "conformal", program.conformal.kind));
    TRY(read(from, "coverage", program.conformal.coverage));
    program.calibration.learned = TRY(take_buffers(container, "calibration."));
    program.conformal.learned = TRY(take_buffers(container, "conformal."));
    return {};
}

Result<std::vector<double>> take_doubles(Buffers& buffers, const char* name) {
    auto found = buffers.find(name);
    if (found == buffers.end()) return bad("a golden row is not complete");
    auto* values = std::get_if<std::vector<double>>(&found->second);
    if (values == nullptr) return bad("a golden row is not complete");
    return std::move(*values);
}

Status read_golden(const json& from, Container& container, Program& program) {
    const json* rows = TRY(read_list(from, "golden", kGoldenRowsMax));
    for (const json& item : *rows) {
        GoldenRow row;
        if (!item.is_array() || item.size() > kInputsMax) return bad("a golden row has no inputs");
        for (const json& value : item) TRY(from_json(value, row.inputs.emplace_back()));
        Buffers buffers = TRY(take_buffers(container, golden_prefix(program.golden.size())));
        row.matrix = TRY(take_doubles(buffers, "matrix"));
        row.outputs = TRY(take_doubles(buffers, "outputs"));
        const bool has_region = buffers.contains("region");
        if (has_region) row.region = TRY(take_doubles(buffers, "region"));
        if (buffers.size() != (has_region ? 3 : 2)) return bad("a golden row has too many buffers");
        program.golden.push_back(std::move(row));
    }
    return {};
}

}  // namespace

Result<std::string> artifact_bytes(const Program& program) {
    Container container;
    container.metadata["format"] = kFormat;
    container.metadata["version"] = std::to_string(version_of(program));
    try {
        container.metadata["program"] = write_fields(program).dump();
    } catch (const json::exception&) {
        return invalid_argument("a model file can hold only UTF-8 text");
    }
    TensorWriter writer(container);
    for (size_t i = 0; i < program.encoders.size(); ++i)
        writer.add(encoder_prefix(i), program.encoders[i].learned);
    for (size_t i = 0; i < program.stages.size(); ++i)
        writer.add(stage_prefix(i), program.stages[i].learned);
    for (size_t i = 0; i < program.golden.size(); ++i) {
        writer.add(golden_prefix(i) + "matrix", program.golden[i].matrix);
        writer.add(golden_prefix(i) + "outputs", program.golden[i].outputs);
        if (!program.golden[i].region.empty())
            writer.add(golden_prefix(i) + "region", program.golden[i].region);
    }
    writer.add("calibration.", program.calibration.learned);
    writer.add("conformal.", program.conformal.learned);
    writer.add("model.", program.model.learned);
    return write_container(std::move(container));
}

Result<Program> read_artifact(std::span<const std::byte> bytes) {
    Container container = TRY(read_container(bytes));
    auto& metadata = container.metadata;
    if (metadata["format"] != kFormat) return bad("not a quern model");
    const std::string& version = metadata["version"];
    if (version.size() != 1 || version[0] < '1' || version[0] > '0' + kArtifactVersion) {
        return unimplemented("this model file has format version " + version +
                             "; this program reads versions 1 to " +
                             std::to_string(kArtifactVersion));
    }
    json fields = json::parse(metadata["program"], nullptr, false);
    if (!fields.is_object()) return bad("it is not JSON");
    Program program;
    TRY(read_texts(fields, program));
    TRY(read_each(fields, "inputs", kInputsMax, program.inputs));
    TRY(read_each(fields, "expressions", kExpressionsMax, program.expressions));
    if (fields.contains("lookups")) TRY(read_each(fields, "lookups", kLookupsMax, program.lookups));
    TRY(read_parts(fields, container, program));
    TRY(read_stages(fields, container, program));
    if (version[0] >= '4') TRY(read_outputs(fields, container, program));
    TRY(read_golden(fields, container, program));
    if (!container.tensors.empty()) return bad("a buffer belongs to nothing");
    // Otherwise the bytes of a program would not be the only ones that it can have.
    if (version != std::to_string(version_of(program)) ||
        fields.contains("lookups") == program.lookups.empty())
        return bad("its version is not that of its parts");
    return program;
}

Result<Program> read_artifact_file(const std::string& path) {
    auto mapping = MappedFile::open(path, kArtifactBytesMax);
    constexpr const char* kWayOut = "restore the file, or train the model again";
    if (!mapping.ok()) return std::move(mapping).status().at(path).hint(kWayOut);
    auto program = read_artifact((*mapping).bytes());
    if (program.ok()) return program;
    return std::move(program).status().at(path).hint(kWayOut);
}

Result<std::string> artifact_hash(std::span<const std::byte> bytes) {
    return container_hash(bytes);
}

}  // namespace quern::score
