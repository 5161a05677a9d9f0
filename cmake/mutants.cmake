# Builds mutants: a program again, with one patch applied to a copy of the few sources that it touches.
#
# Example: reads.patch touches target-raftd/raft/reads.cc. At build time the patch is applied to a copy of that file in
# BUILD/mutants/reads/overlay/target-raftd/raft/reads.cc, the copy is compiled with the flags of the library raftd_raft,
# and raftd-mutant-reads is linked from it and from all other objects of raftd, as they are. So a mutant costs one
# compilation and one link. A patched header changes more: every source of its library, and of the libraries that link
# that one, is compiled again with the overlay first on the include path.

set(MUTANT_APPLY ${CMAKE_CURRENT_LIST_DIR}/../target-raftd/mutants/apply)

# The targets of ours that `root` (a program) is made of, itself first, in `out`.
function(ordeal_parts root out)
  set(parts "")
  set(open ${root})
  while(open)
    list(POP_FRONT open part)
    if(part IN_LIST parts OR NOT TARGET ${part})
      continue()
    endif()
    get_target_property(folder ${part} SOURCE_DIR)
    get_target_property(imported ${part} IMPORTED)
    cmake_path(IS_PREFIX PROJECT_SOURCE_DIR ${folder} ours)
    get_target_property(type ${part} TYPE)
    if(imported OR NOT ours OR type STREQUAL "INTERFACE_LIBRARY" OR NOT folder MATCHES "/target-raftd/")
      continue()
    endif()
    list(APPEND parts ${part})
    get_target_property(links ${part} LINK_LIBRARIES)
    if(links)
      list(APPEND open ${links})
    endif()
  endwhile()
  set(${out} ${parts} PARENT_SCOPE)
endfunction()

# The sources of a target, absolute.
function(ordeal_sources target out)
  get_target_property(folder ${target} SOURCE_DIR)
  get_target_property(sources ${target} SOURCES)
  set(absolute "")
  foreach(source ${sources})
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${folder} NORMALIZE)
    list(APPEND absolute ${source})
  endforeach()
  set(${out} ${absolute} PARENT_SCOPE)
endfunction()

# Those of `parts` that see a header of `folder`: the libraries of that folder, and what links them, directly or not.
function(ordeal_parts_that_see folder parts out)
  set(seeing "")
  foreach(part ${parts})
    ordeal_parts(${part} below)
    foreach(one ${below})
      get_target_property(one_folder ${one} SOURCE_DIR)
      cmake_path(IS_PREFIX one_folder ${folder} NORMALIZE at_home)
      if(at_home AND NOT part IN_LIST seeing)
        list(APPEND seeing ${part})
      endif()
    endforeach()
  endforeach()
  set(${out} ${seeing} PARENT_SCOPE)
endfunction()

# ordeal_mutant(PATCH ROOT PROGRAM): declares PROGRAM, the program ROOT with PATCH applied. What is wrong with a patch
# fails the build of this mutant only.
function(ordeal_mutant patch root program)
  cmake_path(GET patch STEM name)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${patch})  # which files it touches may change
  file(STRINGS ${patch} marks REGEX "^\\+\\+\\+ b/")
  list(TRANSFORM marks REPLACE "^\\+\\+\\+ b/([^\t ]*).*" "\\1" OUTPUT_VARIABLE files)

  ordeal_parts(${root} parts)
  set(known "")
  foreach(part ${parts})
    ordeal_sources(${part} sources)
    list(APPEND known ${sources})
  endforeach()
  set(originals "")
  set(headers_in "")  # folders of the patched headers
  foreach(file ${files})
    set(original ${PROJECT_SOURCE_DIR}/${file})
    if(NOT EXISTS ${original} OR NOT (original IN_LIST known OR file MATCHES "\\.h$"))
      add_custom_target(${program} VERBATIM COMMAND ${CMAKE_COMMAND} -E echo
                        "mutant ${name}: ${file} is no source of ${root}; mend ${patch}" COMMAND ${CMAKE_COMMAND} -E false)
      return()
    endif()
    list(APPEND originals ${original})
    if(file MATCHES "\\.h$")
      cmake_path(GET original PARENT_PATH folder)
      list(APPEND headers_in ${folder})
    endif()
  endforeach()

  set(overlay ${CMAKE_BINARY_DIR}/mutants/${name}/overlay)
  list(TRANSFORM files PREPEND ${overlay}/ OUTPUT_VARIABLE copies)
  if(NOT TARGET mutant-${name}-overlay)
    add_custom_command(OUTPUT ${copies} DEPENDS ${patch} ${originals} ${MUTANT_APPLY}
                       COMMAND ${MUTANT_APPLY} ${patch} ${overlay} ${files}
                       COMMENT "Applying ${name}.patch" VERBATIM)
    add_custom_target(mutant-${name}-overlay DEPENDS ${copies})
  endif()

  set(seeing "")
  foreach(folder ${headers_in})
    ordeal_parts_that_see(${folder} "${parts}" more)
    list(APPEND seeing ${more})
  endforeach()

  # For each part: which of its sources are compiled again, and which of its objects stay out.
  set(objects "")
  foreach(part ${parts})
    ordeal_sources(${part} sources)
    set(again "")
    set(replaced "")
    foreach(source ${sources})
      cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE relative)
      if(source IN_LIST originals)
        list(APPEND again ${overlay}/${relative})
      elseif(part IN_LIST seeing)
        list(APPEND again ${source})
      else()
        continue()
      endif()
      get_target_property(folder ${part} SOURCE_DIR)
      cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${folder} OUTPUT_VARIABLE stem)
      string(REPLACE "." "[.]" stem ${stem})  # a backslash would not survive in a list of sources
      list(APPEND replaced "${part}[.]dir/([.]/)?${stem}[.]o$")
    endforeach()
    if(NOT again)
      list(APPEND objects $<TARGET_OBJECTS:${part}>)
      continue()
    endif()
    set(library mutant-${name}-${part})
    if(NOT TARGET ${library})
      add_library(${library} OBJECT EXCLUDE_FROM_ALL ${again})
      add_dependencies(${library} mutant-${name}-overlay)
      target_include_directories(${library} BEFORE PRIVATE ${overlay})
      target_include_directories(${library} PRIVATE $<TARGET_PROPERTY:${part},INCLUDE_DIRECTORIES>)
      target_compile_definitions(${library} PRIVATE $<TARGET_PROPERTY:${part},COMPILE_DEFINITIONS>)
      # A mutant may leave a function or a parameter without use.
      target_compile_options(${library} PRIVATE $<TARGET_PROPERTY:${part},COMPILE_OPTIONS> -Wno-unused)
      target_link_libraries(${library} PRIVATE $<TARGET_PROPERTY:${part},LINK_LIBRARIES>)
    endif()
    list(APPEND objects $<TARGET_OBJECTS:${library}>)
    string(JOIN "|" pattern ${replaced})
    list(APPEND objects "$<FILTER:$<TARGET_OBJECTS:${part}>,EXCLUDE,${pattern}>")
  endforeach()

  add_executable(${program} EXCLUDE_FROM_ALL ${objects})
  set_target_properties(${program} PROPERTIES LINKER_LANGUAGE CXX)
  # What the program links besides its own objects; its own archives come along, but nothing is left to take from them.
  target_link_libraries(${program} PRIVATE $<TARGET_PROPERTY:${root},LINK_LIBRARIES>)
endfunction()
