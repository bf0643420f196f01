# What quern stands on. Debian's libraries are found by their own packages; the natives that
# Debian lacks are brought by deps/install into QUERN_NATIVE_DIR. Each is linked by one module.

set(QUERN_NATIVE_DIR ${CMAKE_SOURCE_DIR}/deps/native CACHE PATH
    "Folder with include/ and lib/ of DuckDB, LightGBM and oneDAL")

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(Boost 1.74 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(GTest REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(simdjson REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(ZLIB REQUIRED)
find_package(benchmark)

foreach(name curl hiredis rdkafka re2 utf8proc zstd) # one library each, under /usr/include
  find_library(QUERN_LIBRARY_${name} ${name} REQUIRED)
  add_library(quern::${name} INTERFACE IMPORTED)
  target_link_libraries(quern::${name} INTERFACE ${QUERN_LIBRARY_${name}})
endforeach()

# Linked in and hidden: DuckDB's extension for SQLite files brings an SQLite of its own, whose names
# would else be bound to this one.
find_library(QUERN_LIBRARY_sqlite libsqlite3.a REQUIRED)
add_library(quern::sqlite INTERFACE IMPORTED)
target_link_libraries(quern::sqlite INTERFACE ${QUERN_LIBRARY_sqlite})
target_link_options(quern::sqlite INTERFACE -Wl,--exclude-libs,libsqlite3.a)

foreach(name bson mongoc)
  find_library(QUERN_LIBRARY_${name} ${name}-1.0 REQUIRED)
  find_path(QUERN_INCLUDE_${name} ${name}/${name}.h PATH_SUFFIXES lib${name}-1.0 REQUIRED)
  add_library(quern::${name} INTERFACE IMPORTED)
  target_include_directories(quern::${name} SYSTEM INTERFACE ${QUERN_INCLUDE_${name}})
  target_link_libraries(quern::${name} INTERFACE ${QUERN_LIBRARY_${name}})
endforeach()
target_link_libraries(quern::mongoc INTERFACE quern::bson)

# quern_native(NAME HEADER library...): imported target quern::NAME, if all of it is there.
function(quern_native name header)
  set(found ON)
  if(NOT EXISTS ${QUERN_NATIVE_DIR}/include/${header})
    set(found OFF)
  endif()
  foreach(library ${ARGN})
    if(NOT EXISTS ${QUERN_NATIVE_DIR}/lib/${library})
      set(found OFF)
    endif()
  endforeach()
  if(NOT found)
    message(WARNING "quern: ${name} is not in ${QUERN_NATIVE_DIR}; run ./dev setup")
    return()
  endif()
  add_library(quern_native_${name} INTERFACE)
  target_include_directories(quern_native_${name} SYSTEM INTERFACE ${QUERN_NATIVE_DIR}/include)
  # They do not name each other as needed, nor know where they lie: we name all of them.
  list(TRANSFORM ARGN PREPEND ${QUERN_NATIVE_DIR}/lib/)
  list(JOIN ARGN " " libraries)
  target_link_options(quern_native_${name} INTERFACE
    "SHELL:-Wl,--push-state,--no-as-needed ${libraries} -Wl,--pop-state")
  add_library(quern::${name} ALIAS quern_native_${name})
endfunction()

quern_native(duckdb duckdb.h libduckdb.so)
quern_native(lightgbm LightGBM/c_api.h lib_lightgbm.so)
quern_native(onedal oneapi/dal.hpp libonedal.so.4 libonedal_core.so.4 libonedal_thread.so.4
             libonedal_parameters.so.4 libtbb.so.12 libtbbmalloc.so.2)
if(TARGET quern_native_onedal)
  # Headers of oneDAL's older half name each other from here.
  target_include_directories(quern_native_onedal SYSTEM INTERFACE ${QUERN_NATIVE_DIR}/include/dal)
endif()
