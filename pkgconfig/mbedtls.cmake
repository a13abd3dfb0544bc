# Finds or builds Mbed TLS and defines
#   wss_mbedtls          the target that src/ and the tests link
#   WSS_MBEDTLS_BUNDLED  whether it is our own build
#   WSS_MBEDTLS_TREE     where the source of our own build lies

include(CheckSymbolExists)

set(WSS_MBEDTLS_FLOOR 3.6.6)
# The official release, and its hash. Both can be given for a mirror of one's own.
if(NOT DEFINED WSS_MBEDTLS_URL)
  set(WSS_MBEDTLS_URL https://github.com/Mbed-TLS/mbedtls/releases/download/mbedtls-${WSS_MBEDTLS_FLOOR}/mbedtls-${WSS_MBEDTLS_FLOOR}.tar.bz2)
endif()
if(NOT DEFINED WSS_MBEDTLS_SHA256)
  set(WSS_MBEDTLS_SHA256 8fb65fae8dcae5840f793c0a334860a411f884cc537ea290ce1c52bb64ca007a)
endif()

# The version that the headers in a folder state, "" if there are none.
function(wss_mbedtls_version include_dir result)
  set(${result} "" PARENT_SCOPE)
  foreach(header build_info.h version.h) # 3.x and later; 2.x
    if(EXISTS "${include_dir}/mbedtls/${header}")
      file(STRINGS "${include_dir}/mbedtls/${header}" line
        REGEX "^#define MBEDTLS_VERSION_STRING +\"")
      if(line MATCHES "\"([0-9.]+)\"")
        set(${result} "${CMAKE_MATCH_1}" PARENT_SCOPE)
        return()
      endif()
    endif()
  endforeach()
endfunction()

function(wss_mbedtls_fits version result)
  if(version VERSION_GREATER_EQUAL WSS_MBEDTLS_FLOOR AND version VERSION_LESS 4)
    set(${result} TRUE PARENT_SCOPE)
  else()
    set(${result} FALSE PARENT_SCOPE)
  endif()
endfunction()

function(wss_mbedtls_system)
  add_library(wss_mbedtls INTERFACE)
  target_include_directories(wss_mbedtls SYSTEM INTERFACE "${WSS_MBEDTLS_INCLUDE_DIR}")
  target_link_libraries(wss_mbedtls INTERFACE "${WSS_MBEDTLS_TLS_LIBRARY}"
    "${WSS_MBEDTLS_X509_LIBRARY}" "${WSS_MBEDTLS_CRYPTO_LIBRARY}")
  set(CMAKE_REQUIRED_INCLUDES "${WSS_MBEDTLS_INCLUDE_DIR}")
  check_symbol_exists(MBEDTLS_THREADING_C mbedtls/build_info.h WSS_MBEDTLS_THREADS)
  if(NOT WSS_MBEDTLS_THREADS)
    message(STATUS "This Mbed TLS lacks MBEDTLS_THREADING_C: only one thread may have servers")
  endif()
endfunction()

# Mbed TLS's own CMake files would put their targets, options and install rules
# into ours; its library is one folder of C files, which we compile unmodified.
function(wss_mbedtls_bundled)
  include(FetchContent)
  set(given "${WSS_MBEDTLS_SOURCE}")
  if(NOT given AND NOT DEFINED CACHE{WSS_MBEDTLS_URL})
    # What pkgconfig/deps.sh got earlier, if it did.
    execute_process(COMMAND sh "${PROJECT_SOURCE_DIR}/pkgconfig/deps.sh" mbedtls
      OUTPUT_VARIABLE given OUTPUT_STRIP_TRAILING_WHITESPACE)
  endif()
  if(IS_DIRECTORY "${given}")
    set(source "${given}")
  else()
    if(given)
      set(from URL "${given}")
    else()
      set(from URL "${WSS_MBEDTLS_URL}" URL_HASH SHA256=${WSS_MBEDTLS_SHA256})
      message(STATUS "Fetching Mbed TLS ${WSS_MBEDTLS_FLOOR}; without a network, give -DWSS_MBEDTLS_SOURCE=FILE")
    endif()
    FetchContent_Declare(wss_mbedtls_source ${from} DOWNLOAD_EXTRACT_TIMESTAMP TRUE
      SOURCE_SUBDIR none) # none: no CMakeLists.txt is looked for
    FetchContent_MakeAvailable(wss_mbedtls_source)
    set(source "${wss_mbedtls_source_SOURCE_DIR}")
  endif()

  wss_mbedtls_version("${source}/include" version)
  wss_mbedtls_fits("${version}" fits)
  if(NOT fits)
    message(FATAL_ERROR "WSS_MBEDTLS_SOURCE must be the source of Mbed TLS "
      "${WSS_MBEDTLS_FLOOR} or a later 3.x; ${source} holds \"${version}\".")
  endif()
  if(NOT EXISTS "${source}/library/error.c")
    message(FATAL_ERROR "${source} lacks generated files: give a release of "
      "Mbed TLS (mbedtls-${version}.tar.bz2), not a copy of its repository.")
  endif()

  set(WSS_MBEDTLS_TREE "${source}" PARENT_SCOPE)

  file(GLOB files "${source}/library/*.c")
  add_library(wss_mbedtls STATIC ${files})
  target_include_directories(wss_mbedtls SYSTEM PUBLIC "${source}/include"
    PRIVATE "${source}/library")
  target_include_directories(wss_mbedtls PRIVATE "${PROJECT_SOURCE_DIR}/src")
  target_compile_definitions(wss_mbedtls
    PUBLIC MBEDTLS_USER_CONFIG_FILE="tls/mbedtls_user_config.h")
  # With sanitizers: address in here too, since it sees what we hand in; what is
  # undefined in here is not ours to mend, and costs half of the build's time.
  if(WSS_SANITIZE)
    target_compile_options(wss_mbedtls PRIVATE -w -O2 -fno-sanitize=undefined)
  else()
    target_compile_options(wss_mbedtls PRIVATE -w -O3)
  endif()
  check_symbol_exists(malloc_usable_size malloc.h WSS_MALLOC_USABLE_SIZE)
  if(WSS_MALLOC_USABLE_SIZE)
    target_sources(wss_mbedtls PRIVATE "${PROJECT_SOURCE_DIR}/src/tls/heap.c")
    target_compile_definitions(wss_mbedtls PRIVATE _GNU_SOURCE PUBLIC WSS_TLS_HEAP)
  endif()
  set_target_properties(wss_mbedtls PROPERTIES C_VISIBILITY_PRESET hidden
    POSITION_INDEPENDENT_CODE ON EXPORT_COMPILE_COMMANDS OFF
    INTERPROCEDURAL_OPTIMIZATION OFF C_STANDARD 11)
  target_link_libraries(wss_mbedtls PUBLIC Threads::Threads)
  message(STATUS "Mbed TLS ${version}, bundled, from ${source}")
endfunction()

if(NOT WSS_MBEDTLS MATCHES "^(auto|system|bundled)$")
  message(FATAL_ERROR "WSS_MBEDTLS is auto, system or bundled, not \"${WSS_MBEDTLS}\".")
endif()
set(WSS_MBEDTLS_BUNDLED TRUE)
if(NOT WSS_MBEDTLS STREQUAL bundled)
  find_path(WSS_MBEDTLS_INCLUDE_DIR mbedtls/ssl.h)
  find_library(WSS_MBEDTLS_TLS_LIBRARY mbedtls)
  find_library(WSS_MBEDTLS_X509_LIBRARY mbedx509)
  find_library(WSS_MBEDTLS_CRYPTO_LIBRARY mbedcrypto)
  mark_as_advanced(WSS_MBEDTLS_INCLUDE_DIR WSS_MBEDTLS_TLS_LIBRARY
    WSS_MBEDTLS_X509_LIBRARY WSS_MBEDTLS_CRYPTO_LIBRARY)
  wss_mbedtls_version("${WSS_MBEDTLS_INCLUDE_DIR}" wss_system_version)
  wss_mbedtls_fits("${wss_system_version}" wss_system_fits)
  if(wss_system_fits AND WSS_MBEDTLS_TLS_LIBRARY AND WSS_MBEDTLS_X509_LIBRARY
      AND WSS_MBEDTLS_CRYPTO_LIBRARY)
    set(WSS_MBEDTLS_BUNDLED FALSE)
    message(STATUS "Mbed TLS ${wss_system_version}, the system's, from ${WSS_MBEDTLS_INCLUDE_DIR}")
  elseif(WSS_MBEDTLS STREQUAL system)
    if(NOT wss_system_version)
      set(wss_found "this system has none that cmake finds")
    elseif(wss_system_version VERSION_LESS 3)
      set(wss_found "this system has ${wss_system_version}, whose line ended (no more security updates)")
    elseif(wss_system_fits)
      set(wss_found "this system has the headers of ${wss_system_version} but not its libraries")
    else()
      set(wss_found "this system has ${wss_system_version}")
    endif()
    message(FATAL_ERROR "libwss needs Mbed TLS ${WSS_MBEDTLS_FLOOR} or a later 3.x, and ${wss_found}. "
      "Install one (and point -DCMAKE_PREFIX_PATH=FOLDER at it), or let libwss build its own: "
      "-DWSS_MBEDTLS=bundled, with -DWSS_MBEDTLS_SOURCE=FILE for the source; "
      "on Debian and Ubuntu pkgconfig/deps.sh build gets that source and pkgconfig/deps.sh mbedtls prints its path.")
  endif()
endif()

if(WSS_MBEDTLS_BUNDLED)
  wss_mbedtls_bundled()
else()
  wss_mbedtls_system()
endif()
