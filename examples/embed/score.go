// Which species is it? The model of examples/penguins inside of a program in Go.
//
//	quern -C examples/penguins run && quern -C examples/penguins export species -o species.qn
//	CGO_CFLAGS=-I$PWD/quern/embed CGO_LDFLAGS="-L$PWD/build -Wl,-rpath,$PWD/build" go run examples/embed/score.go species.qn
package main

/*
#cgo LDFLAGS: -lquern_score
#include <stdlib.h>
#include "quern_score.h"

typedef struct bird {
    quern_view sex;
    double bill_length_mm, bill_depth_mm;
    int64_t flipper_length_mm, body_mass_g;
} bird;

static const quern_field bird_fields[] = {
    {"sex", QUERN_VIEW, offsetof(bird, sex), QUERN_NEVER_NULL},
    {"bill_length_mm", QUERN_DOUBLE, offsetof(bird, bill_length_mm), QUERN_NEVER_NULL},
    {"bill_depth_mm", QUERN_DOUBLE, offsetof(bird, bill_depth_mm), QUERN_NEVER_NULL},
    {"flipper_length_mm", QUERN_INT64, offsetof(bird, flipper_length_mm), QUERN_NEVER_NULL},
    {"body_mass_g", QUERN_INT64, offsetof(bird, body_mass_g), QUERN_NEVER_NULL},
};
static quern_code bird_layout(const quern_model* model, quern_layout** layout) {
    return quern_layout_new(model, bird_fields, sizeof bird_fields / sizeof bird_fields[0], layout);
}
*/
import "C"

import (
	"fmt"
	"os"
	"runtime"
	"unsafe"
)

type bird struct {
	sex                     string
	billLength, billDepth   float64
	flipperLength, bodyMass int64
}

var birds = []bird{
	{"male", 39.1, 18.7, 181, 3750},
	{"female", 46.1, 13.2, 211, 4500},
	{"", 46.5, 17.9, 192, 3500},
}

func check(code C.quern_code) {
	if code != C.QUERN_OK {
		fmt.Fprintln(os.Stderr, C.GoString(C.quern_last_error()))
		os.Exit(1)
	}
}

// An empty text is a missing value here. The bytes are freed by the caller.
func view(text string) C.quern_view {
	if text == "" {
		return C.quern_view{}
	}
	return C.quern_view{data: C.CString(text), size: C.size_t(len(text))}
}

func main() {
	runtime.LockOSThread() // quern_last_error is a thread's own
	path := C.CString(os.Args[1])
	defer C.free(unsafe.Pointer(path))
	var model *C.quern_model
	check(C.quern_load(path, &model))
	defer C.quern_free(model)
	var layout *C.quern_layout
	check(C.bird_layout(model, &layout))
	defer C.quern_layout_free(layout)

	outputs := make([]C.double, C.quern_output_count(model))
	row := (*C.bird)(C.malloc(C.sizeof_bird))
	defer C.free(unsafe.Pointer(row))
	for _, one := range birds {
		*row = C.bird{view(one.sex), C.double(one.billLength),
			C.double(one.billDepth), C.int64_t(one.flipperLength), C.int64_t(one.bodyMass)}
		var label C.uint32_t
		check(C.quern_score_row(layout, unsafe.Pointer(row), &outputs[0], &label))
		C.free(unsafe.Pointer(row.sex.data))
		fmt.Print(C.GoString(C.quern_class_name(model, label)))
		for _, output := range outputs {
			fmt.Printf(" %.6f", float64(output))
		}
		fmt.Println()
	}
}
