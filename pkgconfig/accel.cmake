# What does the arithmetic of handshakes in a bundled Mbed TLS. Defines
#   WSS_ACCEL_LIBRARIES  what that needs at link time, "" if nothing
#   WSS_ACCEL_FLAGS      the same for those who link an installed libwss
#
# Mbed TLS's source stays as it is: it has macros that leave functions out, which
# src/tls/accel/ defines, and a script that makes the calls of a driver.

set(WSS_ACCEL auto CACHE STRING "nettle and libsodium for handshakes: auto, on or off")
set_property(CACHE WSS_ACCEL PROPERTY STRINGS auto on off)

set(WSS_ACCEL_LIBRARIES "")
set(WSS_ACCEL_FLAGS -lhogweed -lnettle -lgmp -lsodium)

# Why it cannot be, "" if it can.
function(wss_accel_obstacle result)
  if(NOT WSS_MBEDTLS_BUNDLED)
    set(obstacle "a system's Mbed TLS is taken as it is; a bundled one would be faster")
  elseif(NOT WSS_ACCEL_PACKAGES_FOUND)
    set(obstacle "faster with nettle and hogweed 3.7.3, GMP and libsodium 1.0.18 or newer, which pkg-config does not find")
  elseif(NOT WSS_ACCEL_PYTHON)
    set(obstacle "faster with python3 and its jinja2 and jsonschema at build time, which cmake does not find")
  elseif(NOT EXISTS "${WSS_MBEDTLS_TREE}/scripts/generate_driver_wrappers.py")
    set(obstacle "this source of Mbed TLS has no scripts/generate_driver_wrappers.py")
  endif()
  set(${result} "${obstacle}" PARENT_SCOPE)
endfunction()

# A python3 that has what Mbed TLS's script needs; the system's comes first.
function(wss_accel_find_python)
  foreach(python /usr/bin/python3 python3)
    execute_process(COMMAND "${python}" -c "import jinja2, jsonschema"
      RESULT_VARIABLE code OUTPUT_QUIET ERROR_QUIET)
    if(code EQUAL 0)
      set(WSS_ACCEL_PYTHON "${python}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

function(wss_accel_add)
  set(hooks "${PROJECT_SOURCE_DIR}/src/tls/accel")
  target_compile_definitions(wss_mbedtls PUBLIC MBEDTLS_ECDSA_SIGN_ALT
    MBEDTLS_ECDH_GEN_PUBLIC_ALT MBEDTLS_ECDH_COMPUTE_SHARED_ALT MBEDTLS_SHA256_ALT)
  target_include_directories(wss_mbedtls PUBLIC "${hooks}") # sha256_alt.h
  target_include_directories(wss_mbedtls SYSTEM PUBLIC ${WSS_ACCEL_PACKAGES_INCLUDE_DIRS})
  target_link_libraries(wss_mbedtls PUBLIC ${WSS_ACCEL_PACKAGES_LINK_LIBRARIES})

  # Mbed TLS's own file of calls gives way to one with calls of our driver.
  set(generated "${PROJECT_BINARY_DIR}/accel")
  set(scripts "${WSS_MBEDTLS_TREE}/scripts")
  set(calls psa_crypto_driver_wrappers_no_static.c)
  file(MAKE_DIRECTORY "${generated}")
  add_custom_command(
    OUTPUT "${generated}/${calls}" "${generated}/psa_crypto_driver_wrappers.h"
    COMMAND "${WSS_ACCEL_PYTHON}" -B "${scripts}/generate_driver_wrappers.py"
      --project-root "${WSS_MBEDTLS_TREE}" --json-dir "${hooks}/drivers" "${generated}"
    DEPENDS "${hooks}/drivers/driverlist.json" "${hooks}/drivers/wss.json"
      "${scripts}/generate_driver_wrappers.py"
    WORKING_DIRECTORY "${WSS_MBEDTLS_TREE}"
    COMMENT "Making Mbed TLS's calls of a driver" VERBATIM)
  get_target_property(files wss_mbedtls SOURCES)
  list(REMOVE_ITEM files "${WSS_MBEDTLS_TREE}/library/${calls}")
  set_property(TARGET wss_mbedtls PROPERTY SOURCES ${files})
  target_sources(wss_mbedtls PRIVATE "${generated}/${calls}" $<TARGET_OBJECTS:wss_accel>)

  # Ours, so with warnings; in Mbed TLS's archive, which calls it.
  add_library(wss_accel OBJECT)
  foreach(name driver ecdh ecdsa p256 sha256 x25519)
    target_sources(wss_accel PRIVATE "${hooks}/${name}.c")
  endforeach()
  set_target_properties(wss_accel PROPERTIES C_VISIBILITY_PRESET hidden
    POSITION_INDEPENDENT_CODE ON C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
  target_include_directories(wss_accel PRIVATE "${PROJECT_SOURCE_DIR}/src"
    $<TARGET_PROPERTY:wss_mbedtls,INTERFACE_INCLUDE_DIRECTORIES>)
  target_include_directories(wss_accel SYSTEM PRIVATE
    $<TARGET_PROPERTY:wss_mbedtls,INTERFACE_SYSTEM_INCLUDE_DIRECTORIES>)
  target_compile_definitions(wss_accel PRIVATE _GNU_SOURCE
    $<TARGET_PROPERTY:wss_mbedtls,INTERFACE_COMPILE_DEFINITIONS>)
  target_compile_options(wss_accel PRIVATE ${wss_warnings}
    ${wss_coverage})
endfunction()

if(WSS_ACCEL)
  pkg_check_modules(WSS_ACCEL_PACKAGES QUIET "hogweed>=3.7.3" "nettle>=3.7.3" gmp
    "libsodium>=1.0.18")
  wss_accel_find_python()
  wss_accel_obstacle(wss_obstacle)
  if(NOT wss_obstacle)
    wss_accel_add()
    set(WSS_ACCEL_LIBRARIES ${WSS_ACCEL_PACKAGES_LINK_LIBRARIES})
    message(STATUS "TLS handshakes: nettle ${WSS_ACCEL_PACKAGES_nettle_VERSION} and libsodium ${WSS_ACCEL_PACKAGES_libsodium_VERSION}")
  elseif(WSS_ACCEL STREQUAL "on")
    message(FATAL_ERROR "WSS_ACCEL is on, but: ${wss_obstacle}.")
  else()
    message(STATUS "TLS handshakes: Mbed TLS (${wss_obstacle})")
  endif()
else()
  message(STATUS "TLS handshakes: Mbed TLS (WSS_ACCEL is off)")
endif()
