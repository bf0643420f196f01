// AND, OR, CASE and what else looks at NULL itself, comparisons, IN, greatest and least, as C.
#include "quern/score/exporters/c_call.h"

namespace quern::score::c {
namespace {

// Comparisons with the scorer's order: NaN equals itself and is greater than all else.
std::string compare(const CallSite& site, std::string_view how, size_t a, size_t b) {
    const Storage storage = site.storage(a);
    const std::string &x = site.values[a], &y = site.values[b];
    if (storage == Storage::text) {
        return "(q_compare_text(" + x + ", " + y + ") " + (how == "equal" ? "==" : "<") + " 0)";
    }
    if (!is_float(storage)) return "(" + x + (how == "equal" ? " == " : " < ") + y + ")";
    const std::string function = how == "equal" ? site.source.helper("equal", storage, R"(
static bool @F(@T a, @T b) { return a == b || (isnan(a) && isnan(b)); }
)")
                                                : site.source.helper("less", storage, R"(
static bool @F(@T a, @T b) { return isnan(b) ? !isnan(a) : a < b; }
)");
    return function + "(" + x + ", " + y + ")";
}

bool are_alike(const CallSite& site) {
    for (const Expression* argument : site.arguments)
        if (!(argument->type == site.arguments[0]->type)) return false;
    return !site.arguments.empty();
}

template <bool wants_equal, bool is_swapped, bool is_negated>
bool comparison(const CallSite& site) {
    if (site.arguments.size() != 2 || !are_alike(site)) return false;
    const std::string test =
        compare(site, wants_equal ? "equal" : "less", is_swapped ? 1 : 0, is_swapped ? 0 : 1);
    site.assign((is_negated ? "!" : "") + test);
    return true;
}

template <bool wants_same>
bool distinct(const CallSite& site) {
    if (site.arguments.size() != 2 || !are_alike(site)) return false;
    const std::string &a = site.states[0], &b = site.states[1];
    site.source.line(site.state + " = (" + a + " | " + b + ") & 2;");
    site.source.line(site.value + " = " + (wants_same ? "" : "!") + "(" + a + " == " + b + " && (" +
                     a + " != 0 || " + compare(site, "equal", 0, 1) + "));");
    return true;
}

template <bool is_negated>
bool in_list(const CallSite& site) {
    if (site.arguments.size() < 2 || !are_alike(site)) return false;
    std::string found, others;
    for (size_t i = 1; i < site.values.size(); ++i) {
        found += (i == 1 ? "" : " || ") + std::string("(") + site.states[i] + " == 0 && " +
                 compare(site, "equal", 0, i) + ")";
        others += " | " + site.states[i];
    }
    site.source.line(site.state + " = " + site.states[0] + others + ";");
    site.source.line(site.value + " = " + site.states[0] + " == 0 && (" + found + ");");
    site.source.line(site.state + " = " + site.state + " & 2 ? 2 : " + site.value +
                     " ? 0 : " + site.state + ";");
    if (is_negated) site.source.line(site.value + " = !" + site.value + ";");
    return true;
}

template <bool wants_greatest>
bool extreme(const CallSite& site) {
    if (!are_alike(site) || !(site.arguments[0]->type == site.call.type)) return false;
    const std::string seen = "seen_" + site.value;
    site.source.line("bool " + seen + " = false;");
    for (size_t i = 0; i < site.values.size(); ++i) {
        CallSite pair{site.source, site.call,  {site.arguments[i], site.arguments[i]},
                      site.value,  site.state, {site.values[i], site.value},
                      {}};
        const std::string better =
            compare(pair, "less", wants_greatest ? 1 : 0, wants_greatest ? 0 : 1);
        site.source.line("if (" + site.states[i] + " == 0 && (!" + seen + " || " + better + ")) " +
                         site.value + " = " + site.values[i] + ", " + seen + " = true;");
    }
    if (site.result() == Storage::f32) site.source.line(site.value + " += 0.0f;");
    site.source.line(site.state + " = (" + site.joined_states() + ") & 2 ? 2 : !" + seen + ";");
    return true;
}

template <bool is_and>
bool conjunction(const CallSite& site) {
    const std::string decided = "decided_" + site.value;
    std::string any;
    for (size_t i = 0; i < site.values.size(); ++i)
        any += (i == 0 ? "" : " || ") + std::string("(") + site.states[i] + " == 0 && " +
               (is_and ? "!" : "") + site.values[i] + ")";
    site.source.line("const bool " + decided + " = " + any + ";");
    site.source.line(site.state + " = " + site.joined_states() + ";");
    site.source.line(site.state + " = " + site.state + " & 2 ? 2 : " + decided +
                     " ? 0 : " + site.state + ";");
    site.source.line(site.value + " = " + (is_and ? "!" : "") + decided + ";");
    return true;
}

// Operands in turn, each only where those before it leave it open; NULL is false.
template <bool is_and>
bool condition(const CallSite& site) {
    site.source.line(site.value + " = " + (is_and ? "true" : "false") + ";");
    for (size_t i = 0; i < site.values.size(); ++i) {
        site.source.line("if (" + site.state + " == 0 && " + (is_and ? "" : "!") + site.value +
                         ") { " + site.state + " = " + site.states[i] + " & 2; " + site.value +
                         " = " + site.states[i] + " == 0 && " + site.values[i] + "; }");
    }
    return true;
}

template <bool wants_null>
bool null_test(const CallSite& site) {
    if (site.arguments.size() != 1) return false;
    site.source.line(site.state + " = " + site.states[0] + " & 2;");
    site.source.line(site.value + " = " + site.states[0] + (wants_null ? " != 0;" : " == 0;"));
    return true;
}

bool case_form(const CallSite& site) {
    std::string code = "if";
    const size_t pairs = site.values.size() / 2;
    const auto take = [&](size_t i) {
        return "{ " + site.state + " = " + site.states[i] + "; " + site.value + " = " +
               site.values[i] + "; }";
    };
    for (size_t i = 0; i < pairs; ++i) {
        const std::string &when = site.values[2 * i], &state = site.states[2 * i];
        site.source.line((i == 0 ? "if (" : "else if (") + state + " & 2) " + site.state + " = 2;");
        site.source.line("else if (" + state + " == 0 && " + when + ") " + take(2 * i + 1));
    }
    site.source.line("else " + take(site.values.size() - 1));
    return true;
}

bool coalesce(const CallSite& site) {
    site.source.line(site.state + " = 1;");
    for (size_t i = 0; i < site.values.size(); ++i)
        site.source.line("if (" + site.state + " == 1) { " + site.state + " = " + site.states[i] +
                         "; " + site.value + " = " + site.values[i] + "; }");
    return true;
}

bool negation(const CallSite& site) {
    site.assign("!" + site.values[0]);
    return true;
}

bool try_form(const CallSite& site) {
    site.source.line(site.state + " = " + site.states[0] + " != 0;");
    site.source.line(site.value + " = " + site.values[0] + ";");
    return true;
}

constexpr NamedForm kForms[] = {
    {"=", comparison<true, false, false>},
    {"<>", comparison<true, false, true>},
    {"<", comparison<false, false, false>},
    {"<=", comparison<false, true, true>},
    {">", comparison<false, true, false>},
    {">=", comparison<false, false, true>},
    {"is distinct from", distinct<false>},
    {"is not distinct from", distinct<true>},
    {"in", in_list<false>},
    {"not in", in_list<true>},
    {"greatest", extreme<true>},
    {"least", extreme<false>},
    {"and", conjunction<true>},
    {"or", conjunction<false>},
    {"and then", condition<true>},
    {"or else", condition<false>},
    {"is null", null_test<true>},
    {"is not null", null_test<false>},
    {"case", case_form},
    {"coalesce", coalesce},
    {"not", negation},
    {"try", try_form},
};

}  // namespace

std::span<const NamedForm> logic_forms() { return kForms; }

}  // namespace quern::score::c
