# The two commands that every folder's CMakeLists.txt uses.

# ordeal_library(NAME [SOURCES a.cc...] [LINK lib...]): the folder's library. Without sources it is header-only.
function(ordeal_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  if(ARG_SOURCES)
    add_library(${name} STATIC ${ARG_SOURCES})
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name} PUBLIC fmt::fmt Boost::headers ${ARG_LINK})
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name} INTERFACE fmt::fmt Boost::headers ${ARG_LINK})
  endif()
endfunction()

# ordeal_test(NAME SOURCES a_test.cc... [LINK lib...] [LABELS l...] [TIMEOUT seconds]): a GoogleTest program; each of
# its tests becomes one ctest case. TIMEOUT only ends a hung test (default 300): it is no statement about speed.
function(ordeal_test name)
  if(NOT ORDEAL_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LINK;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST
                       PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()
