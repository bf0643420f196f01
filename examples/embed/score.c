/* Which species is it? The model of examples/penguins inside of a program in C.
 *
 *   quern -C examples/penguins run && quern -C examples/penguins export species -o species.qn
 *   cc -std=c99 -Iquern/embed examples/embed/score.c -Lbuild -lquern_score -o score && ./score species.qn
 */
#include <stdio.h>

#include "quern_score.h"

typedef struct bird {
    const char* sex; /* NULL: not known */
    double bill_length_mm, bill_depth_mm;
    int64_t flipper_length_mm, body_mass_g;
} bird;

static const quern_field fields[] = {
    {"sex", QUERN_TEXT, offsetof(bird, sex), QUERN_NEVER_NULL},
    {"bill_length_mm", QUERN_DOUBLE, offsetof(bird, bill_length_mm), QUERN_NEVER_NULL},
    {"bill_depth_mm", QUERN_DOUBLE, offsetof(bird, bill_depth_mm), QUERN_NEVER_NULL},
    {"flipper_length_mm", QUERN_INT64, offsetof(bird, flipper_length_mm), QUERN_NEVER_NULL},
    {"body_mass_g", QUERN_INT64, offsetof(bird, body_mass_g), QUERN_NEVER_NULL},
};

static const bird birds[] = {
    {"male", 39.1, 18.7, 181, 3750},
    {"female", 46.1, 13.2, 211, 4500},
    {NULL, 46.5, 17.9, 192, 3500},
};

static int fail(void) {
    fprintf(stderr, "%s\n", quern_last_error());
    return 1;
}

int main(int count, char** arguments) {
    quern_model* model;
    quern_layout* layout;
    size_t i, k;
    if (count != 2) return fprintf(stderr, "Usage: score MODEL.qn\n"), 2;
    if (quern_load(arguments[1], &model) != QUERN_OK) return fail();
    if (quern_layout_new(model, fields, sizeof fields / sizeof fields[0], &layout) != QUERN_OK) {
        return fail();
    }
    for (i = 0; i < sizeof birds / sizeof birds[0]; ++i) {
        double outputs[8];
        uint32_t label = 0;
        if (quern_score_row(layout, &birds[i], outputs, &label) != QUERN_OK) return fail();
        printf("%s", quern_class_name(model, label));
        for (k = 0; k < quern_output_count(model); ++k) printf(" %.6f", outputs[k]);
        printf("\n");
    }
    quern_layout_free(layout);
    quern_free(model);
    return 0;
}
