# How every file of quern is compiled: language, warnings, sanitizers, cache, linker.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release or Debug" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

set(QUERN_SANITIZE "" CACHE STRING "Sanitizers: 'address,undefined' or 'thread'; empty for none")

add_library(quern_compile INTERFACE)
target_include_directories(quern_compile INTERFACE ${CMAKE_SOURCE_DIR})
# Designated initialisers leave defaults out on purpose.
target_compile_options(quern_compile INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Werror
                       -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  # TRY is a statement expression on purpose; g++ honours the __extension__ in front of it.
  target_compile_options(quern_compile INTERFACE -Wno-gnu-statement-expression)
else()
  # g++ 12 sees uninitialised reads in std::optional and std::variant that are not there.
  target_compile_options(quern_compile INTERFACE -Wno-maybe-uninitialized)
endif()

if(QUERN_SANITIZE)
  set(CMAKE_CXX_FLAGS_RELEASE "-O1 -g1")
  add_compile_options(-fsanitize=${QUERN_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${QUERN_SANITIZE})
  if(QUERN_SANITIZE MATCHES fuzzer)
    # Executions count here; mutations know the words that comparisons would tell.
    set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
    add_compile_options(-fno-sanitize-coverage=trace-cmp)
  endif()
  if(NOT QUERN_SANITIZE STREQUAL "thread")
    add_compile_options(-fno-sanitize-recover=all)
  endif()
endif()

find_program(QUERN_CCACHE ccache)
if(QUERN_CCACHE)
  # Paths below the checkout are made relative, so several checkouts share one cache.
  set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      ${QUERN_CCACHE})
endif()

find_program(QUERN_MOLD mold)
if(QUERN_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
