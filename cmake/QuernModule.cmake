# Modules, their tests and the program. A module without sources is skipped.

set(QUERN_TEST_DIR ${CMAKE_BINARY_DIR}/tests)
set(QUERN_RPATH "$ORIGIN" "$ORIGIN/.." ${QUERN_NATIVE_DIR}/lib)
set(CMAKE_BUILD_RPATH ${QUERN_RPATH})
# The old kind of run path also holds for what is opened on behalf of a sanitizer's dlopen.
add_link_options(-Wl,--disable-new-dtags)
define_property(GLOBAL PROPERTY QUERN_LAYER_COUNT)
set_property(GLOBAL PROPERTY QUERN_LAYER_COUNT 0)
set_property(GLOBAL PROPERTY QUERN_BUILT "")

# quern_layer(name...): the next row of modules, lowest first.
function(quern_layer)
  get_property(level GLOBAL PROPERTY QUERN_LAYER_COUNT)
  foreach(name ${ARGN})
    set_property(GLOBAL PROPERTY QUERN_LEVEL_${name} ${level})
  endforeach()
  math(EXPR level "${level} + 1")
  set_property(GLOBAL PROPERTY QUERN_LAYER_COUNT ${level})
endfunction()

# Puts into `out` the built modules of strictly lower rows that are linked (not loaded).
function(quern_lower_modules out name)
  get_property(mine GLOBAL PROPERTY QUERN_LEVEL_${name})
  get_property(built GLOBAL PROPERTY QUERN_BUILT)
  set(lower "")
  foreach(other ${built})
    get_property(level GLOBAL PROPERTY QUERN_LEVEL_${other})
    get_property(loaded GLOBAL PROPERTY QUERN_LOADED_${other})
    if(level LESS mine AND NOT loaded)
      list(APPEND lower quern_${other})
    endif()
  endforeach()
  set(${out} ${lower} PARENT_SCOPE)
endfunction()

# Every gtest suite of the program becomes one ctest entry, found when ctest starts, so that a
# suite keeps its shared fixture and the suites of one program run side by side.
function(quern_suites target)
  set(script ${QUERN_TEST_DIR}/${target}.cmake)
  file(WRITE ${script} "set(program ${QUERN_TEST_DIR}/${target})\n"
       "set(source_dir ${CMAKE_SOURCE_DIR})\n"
       "include(${CMAKE_SOURCE_DIR}/cmake/GtestSuites.cmake)\n")
  set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY TEST_INCLUDE_FILES ${script})
endfunction()

# quern_test(TARGET SOURCES file... LIBRARIES lib...)
function(quern_test target)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${target} ${ARG_SOURCES})
  target_link_libraries(${target} PRIVATE quern_compile ${ARG_LIBRARIES} GTest::gtest_main
                        Threads::Threads ${CMAKE_DL_LIBS})
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${QUERN_TEST_DIR}
                        ENABLE_EXPORTS ON)
  quern_suites(${target})
endfunction()

function(quern_bench target)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT benchmark_FOUND)
    return()
  endif()
  add_executable(${target} EXCLUDE_FROM_ALL ${ARG_SOURCES})
  target_link_libraries(${target} PRIVATE quern_compile ${ARG_LIBRARIES} benchmark::benchmark_main
                        Threads::Threads ${CMAKE_DL_LIBS})
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${QUERN_TEST_DIR}
                        ENABLE_EXPORTS ON)
endfunction()

# Splits the .cc files of a folder, and of the folders in it, into `<prefix>_sources`, `_tests`
# and `_benches`.
macro(quern_glob prefix folder)
  file(GLOB ${prefix}_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cc
       ${CMAKE_SOURCE_DIR}/${folder}/*/*.cc)
  set(${prefix}_tests ${${prefix}_sources})
  set(${prefix}_benches ${${prefix}_sources})
  list(FILTER ${prefix}_sources EXCLUDE REGEX "_(test|bench)\\.cc$")
  list(FILTER ${prefix}_tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER ${prefix}_benches INCLUDE REGEX "_bench\\.cc$")
endmacro()

# quern_part(MODULE NAME LIBRARIES lib...): the folder quern/MODULE/NAME as a library of its own,
# libquern_MODULE_NAME.so, which the module opens when it first needs it. Comes before the module.
function(quern_part module name)
  cmake_parse_arguments(ARG "" "" "LIBRARIES" ${ARGN})
  set_property(GLOBAL APPEND PROPERTY QUERN_APART quern/${module}/${name}/)
  foreach(library ${ARG_LIBRARIES})
    if(NOT TARGET ${library})
      message(WARNING "quern/${module}/${name} is left out of this build: no ${library}")
      return()
    endif()
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/quern/${module}/${name}/*.cc)
  add_library(quern_${module}_${name}_loaded SHARED ${sources})
  target_link_libraries(quern_${module}_${name}_loaded PRIVATE quern_compile ${ARG_LIBRARIES})
  set_target_properties(quern_${module}_${name}_loaded PROPERTIES
    OUTPUT_NAME quern_${module}_${name} LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  get_property(level GLOBAL PROPERTY QUERN_LEVEL_${module})
  set_property(GLOBAL PROPERTY QUERN_LEVEL_${module}_${name} ${level})
  set_property(GLOBAL PROPERTY QUERN_LOADED_${module}_${name} ON)
  set_property(GLOBAL APPEND PROPERTY QUERN_BUILT ${module}_${name})
endfunction()

# quern_module(NAME [LOADED] [LIBRARIES lib...]): quern/NAME as an OBJECT library, because a
# registry entry in a static library would be dropped by the linker. LOADED: the objects go into
# libquern_NAME.so, which the program opens when it first needs it.
function(quern_module name)
  cmake_parse_arguments(ARG "LOADED" "" "LIBRARIES" ${ARGN})
  quern_glob(module quern/${name})
  get_property(apart GLOBAL PROPERTY QUERN_APART)
  foreach(folder ${apart})
    list(FILTER module_sources EXCLUDE REGEX "/${folder}")
  endforeach()
  if(NOT module_sources AND NOT module_tests)
    return()
  endif()
  foreach(library ${ARG_LIBRARIES})
    if(library MATCHES "^quern::" AND NOT TARGET ${library})
      message(WARNING "quern/${name} is left out of this build: no ${library}")
      return()
    endif()
  endforeach()

  quern_lower_modules(lower ${name})
  set(linked ${lower})
  if(module_sources)
    add_library(quern_${name} OBJECT ${module_sources})
    target_link_libraries(quern_${name} PUBLIC quern_compile ${ARG_LIBRARIES})
    list(APPEND linked quern_${name})
    set_property(GLOBAL APPEND PROPERTY QUERN_BUILT ${name})
    set_property(GLOBAL PROPERTY QUERN_LOADED_${name} ${ARG_LOADED})
  endif()
  if(ARG_LOADED AND module_sources)
    # Symbols of lower modules stay undefined here and resolve to the program's own, so a
    # registry has one instance on both sides of dlopen.
    add_library(quern_${name}_loaded SHARED)
    target_link_libraries(quern_${name}_loaded PRIVATE quern_${name})
    set_target_properties(quern_${name}_loaded PROPERTIES OUTPUT_NAME quern_${name}
      LINKER_LANGUAGE CXX LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  endif()
  if(module_tests)
    quern_test(quern_${name}_test SOURCES ${module_tests} LIBRARIES ${linked})
    quern_depend_on_loaded(quern_${name}_test)
  endif()
  if(module_benches)
    quern_bench(quern_${name}_bench SOURCES ${module_benches} LIBRARIES ${linked})
  endif()
endfunction()

# What is opened at run time must be built before its user runs.
function(quern_depend_on_loaded target)
  get_property(built GLOBAL PROPERTY QUERN_BUILT)
  foreach(other ${built})
    if(TARGET quern_${other}_loaded)
      add_dependencies(${target} quern_${other}_loaded)
    endif()
  endforeach()
endfunction()

# quern_library(NAME MODULES module...): the modules as libNAME.so, from which only what is marked
# for it is seen.
function(quern_library name)
  cmake_parse_arguments(ARG "" "" "MODULES" ${ARGN})
  list(TRANSFORM ARG_MODULES PREPEND quern_)
  add_library(lib${name} SHARED)
  target_link_libraries(lib${name} PRIVATE ${ARG_MODULES})
  target_link_options(lib${name} PRIVATE
    -Wl,--version-script=${CMAKE_SOURCE_DIR}/cmake/embedded.map)
  set_target_properties(lib${name} PROPERTIES OUTPUT_NAME ${name} LINKER_LANGUAGE CXX
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endfunction()

# quern_program(NAME FOLDER dir LIBRARIES lib...): the executable at the top of the build tree,
# and quern_cli_test from the folder's tests with all its sources but main.cc.
function(quern_program name)
  cmake_parse_arguments(ARG "" "FOLDER" "LIBRARIES" ${ARGN})
  quern_glob(program ${ARG_FOLDER})
  if(NOT program_sources)
    return()
  endif()
  get_property(built GLOBAL PROPERTY QUERN_BUILT)
  set(linked "")
  foreach(other ${built})
    get_property(loaded GLOBAL PROPERTY QUERN_LOADED_${other})
    if(NOT loaded)
      list(APPEND linked quern_${other})
    endif()
  endforeach()
  add_executable(${name} ${program_sources})
  target_link_libraries(${name} PRIVATE quern_compile ${linked} ${ARG_LIBRARIES} Threads::Threads
                        ${CMAKE_DL_LIBS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}
                        ENABLE_EXPORTS ON)
  quern_depend_on_loaded(${name})
  if(program_tests)
    set(parts ${program_sources})
    list(FILTER parts EXCLUDE REGEX "/main\\.cc$")
    quern_test(quern_cli_test SOURCES ${program_tests} ${parts}
               LIBRARIES ${linked} ${ARG_LIBRARIES})
    add_dependencies(quern_cli_test ${name})
    quern_depend_on_loaded(quern_cli_test)
  endif()
endfunction()

# quern_processor_files(PREFIX [OPTION...]): files PREFIX*_avx2.cc and PREFIX*_avx512.cc are
# compiled for such processors and chosen as the program runs; elsewhere they are empty. All of
# PREFIX*.cc are compiled with the options.
function(quern_processor_files prefix)
  if(ARGN)
    file(GLOB all ${CMAKE_SOURCE_DIR}/${prefix}*.cc)
    set_source_files_properties(${all} PROPERTIES COMPILE_OPTIONS "${ARGN}")
  endif()
  if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    return()
  endif()
  file(GLOB avx2 ${CMAKE_SOURCE_DIR}/${prefix}*_avx2.cc)
  file(GLOB avx512 ${CMAKE_SOURCE_DIR}/${prefix}*_avx512.cc)
  set_source_files_properties(${avx2} PROPERTIES COMPILE_OPTIONS
    "${ARGN};-mavx2;-mbmi;-mbmi2;-mpopcnt")
  # g++ 12's own header reads what it calls undefined on purpose, which a sanitized build notes.
  set_source_files_properties(${avx512} PROPERTIES COMPILE_OPTIONS
    "${ARGN};-mavx512f;-mavx512bw;-mavx512dq;-mavx512vl;-mavx512vbmi;-mgfni;-mbmi;-mbmi2;-mpopcnt;\
-Wno-uninitialized")
endfunction()
