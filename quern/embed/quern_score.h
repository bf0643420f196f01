/* quern's scorer for programs of any language: libquern_score.so, C99, no other header needed.
 *
 * A model is what `quern run` leaves below .quern/artifacts, or `quern export MODEL -o FILE.qn`
 * writes: one file of data. It is verified in full when it is loaded and never changes afterwards,
 * so any number of threads may score with one model at once.
 *
 * Every function that can fail returns a quern_code; quern_last_error() then says why, in words
 * that name the field or the file. Nothing here aborts, throws or prints.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QUERN_SCORE_ABI 1 /* rises when a declaration below changes its meaning */

#if defined(__GNUC__)
#define QUERN_API __attribute__((visibility("default")))
#else
#define QUERN_API
#endif

typedef enum quern_code {
    QUERN_OK = 0,
    QUERN_INVALID_ARGUMENT = 1, /* a value, a name or a pointer that cannot be right */
    QUERN_NOT_FOUND = 2,        /* no such file, input or output */
    QUERN_CORRUPT = 3,          /* the file is not a whole model */
    QUERN_ROW_FAILED = 4,       /* a feature's SQL fails on this row, as it would in a table */
    QUERN_NO_MEMORY = 5,
    QUERN_INTERNAL = 6
} quern_code;

typedef struct quern_model quern_model;   /* a verified model; read only */
typedef struct quern_layout quern_layout; /* how a struct of the caller's maps to its inputs */

QUERN_API uint32_t quern_abi(void);        /* QUERN_SCORE_ABI of the library */
QUERN_API const char* quern_version(void); /* "0.1.0" */
/* Why the last call of this thread failed; "" when none has. Good until this thread's next call. */
QUERN_API const char* quern_last_error(void);

/* Reads, verifies and scores its golden rows again. *out is to be given to quern_free. */
QUERN_API quern_code quern_load(const char* path, quern_model** out);
QUERN_API void quern_free(quern_model* model); /* no call may be using it; NULL is allowed */

/* What the model takes and gives, as one JSON object with "model", "task", "target", "inputs"
 * (name, type, nullable), "outputs" and "classes". The text lives as long as the model. */
QUERN_API const char* quern_describe(const quern_model* model);
QUERN_API size_t quern_input_count(const quern_model* model);
QUERN_API size_t quern_output_count(const quern_model* model);
/* "prediction" of a regression, "probability_<class>" of classes; NULL past the last. */
QUERN_API const char* quern_output_name(const quern_model* model, size_t output);
/* The name of a class by its label, as scoring gives it; NULL past the last. */
QUERN_API const char* quern_class_name(const quern_model* model, uint32_t label);

/* ---- One row, out of a struct of the caller's ---- */

typedef enum quern_type {
    QUERN_BOOL = 1, /* one byte, 0 or 1 */
    QUERN_INT32 = 2,
    QUERN_INT64 = 3,
    QUERN_FLOAT = 4,
    QUERN_DOUBLE = 5,
    QUERN_TEXT = 6, /* const char*, UTF-8, ends with a zero byte; NULL is a missing value. Dates and
                       times are texts too: "2024-05-01 12:00:00" */
    QUERN_VIEW = 7  /* quern_view */
} quern_type;

typedef struct quern_view { /* a text without a zero byte; data NULL is a missing value */
    const char* data;
    size_t size;
} quern_view;

typedef struct quern_field {
    const char* name; /* an input of the model, in any case */
    quern_type type;
    size_t offset; /* offsetof(your_struct, member) */
    /* offsetof a byte that is not 0 when the value is missing; QUERN_NEVER_NULL: never missing */
    size_t null_offset;
} quern_field;
#define QUERN_NEVER_NULL ((size_t)-1)

/* Made once for each struct and model; serves any number of threads. Inputs that no field brings
 * are missing in every row, which is an error where the model has never seen that. The model must
 * outlive it. */
QUERN_API quern_code quern_layout_new(const quern_model* model, const quern_field* fields,
                                      size_t field_count, quern_layout** out);
QUERN_API void quern_layout_free(quern_layout* layout);
/* outputs: quern_output_count doubles. label: the class that is decided for, see quern_class_name;
 * may be NULL, and is left alone by a regression. */
QUERN_API quern_code quern_score_row(const quern_layout* layout, const void* row, double* outputs,
                                     uint32_t* label);

/* ---- What moved a row's score ---- */

/* What contributions are told of: the features, then what mixes several of them. */
QUERN_API size_t quern_source_count(const quern_model* model);
QUERN_API const char* quern_source_name(const quern_model* model, size_t source); /* NULL: past */
/* contributions: quern_source_count doubles, how far each moved the raw score away from
 * *base_score; their sum is the raw score. Of several classes it is that of the predicted class, of
 * two that of the second one. label may be NULL. QUERN_INVALID_ARGUMENT for a model that cannot
 * tell. */
QUERN_API quern_code quern_explain_row(const quern_layout* layout, const void* row,
                                       double* contributions, double* base_score, uint32_t* label);
/* interactions: [source][source], quern_source_count squared doubles. On the diagonal, what each
 * source did alone; beside it, in either of two cells, half of what two sources did together. So
 * a row of cells adds up to that source's contribution. Models of up to 60 sources. */
QUERN_API quern_code quern_interact_row(const quern_layout* layout, const void* row,
                                        double* interactions, double* base_score, uint32_t* label);

/* ---- Many rows, as an Arrow record batch (the Arrow C data interface) ---- */

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4
struct ArrowSchema {
    const char* format;
    const char* name;
    const char* metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema** children;
    struct ArrowSchema* dictionary;
    void (*release)(struct ArrowSchema*);
    void* private_data;
};
struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void** buffers;
    struct ArrowArray** children;
    struct ArrowArray* dictionary;
    void (*release)(struct ArrowArray*);
    void* private_data;
};
#endif

/* schema and batch: a struct array, as record batches are exported; columns are found by name and
 * others are passed over. Booleans, integers, floats, texts (also large and dictionary-encoded),
 * dates and timestamps are taken for inputs that can hold them. Neither is released here.
 * outputs: [row][output], batch->length * quern_output_count doubles; NaN in rows that fail.
 * labels: one a row, see quern_score_row. labels and failed_rows may be NULL. */
QUERN_API quern_code quern_score_arrow(const quern_model* model, const struct ArrowSchema* schema,
                                       const struct ArrowArray* batch, double* outputs,
                                       uint32_t* labels, int64_t* failed_rows);

#ifdef __cplusplus
}
#endif
