#include "quern/sql/memory.h"

#include <dlfcn.h>
#include <malloc.h>

#include <cstddef>

namespace quern::sql {

void release_unused_memory() {
    // DuckDB brings an allocator of its own, which keeps freed pages for ten seconds. 4096 is its
    // word for all arenas. Builds of DuckDB without it have no such symbol.
    using Control =
        int (*)(const char* name, void* old, size_t* old_size, void* value, size_t size);
    const auto control = reinterpret_cast<Control>(::dlsym(RTLD_DEFAULT, "duckdb_je_mallctl"));
    if (control != nullptr) control("arena.4096.purge", nullptr, nullptr, nullptr, 0);
    ::malloc_trim(0);
}

}  // namespace quern::sql
