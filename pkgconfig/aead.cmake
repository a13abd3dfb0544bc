# What protects TLS records after the handshake. Defines
#   WSS_AEAD_SOURCE   the file of src/ with the fast provider, or without any
#   WSS_AEAD_LIBRARY  what it needs at link time, "" if nothing

set(WSS_IPSEC_MB auto CACHE STRING "libipsec-mb for AES-GCM: auto, on or off")
set_property(CACHE WSS_IPSEC_MB PROPERTY STRINGS auto on off)

set(WSS_AEAD_SOURCE tls/aead_none.c)
set(WSS_AEAD_LIBRARY "")
if(WSS_IPSEC_MB)
  find_path(WSS_IPSEC_MB_INCLUDE_DIR intel-ipsec-mb.h)
  find_library(WSS_IPSEC_MB_LIBRARY IPSec_MB)
  mark_as_advanced(WSS_IPSEC_MB_INCLUDE_DIR WSS_IPSEC_MB_LIBRARY)
endif()
if(WSS_IPSEC_MB AND WSS_IPSEC_MB_INCLUDE_DIR AND WSS_IPSEC_MB_LIBRARY)
  set(WSS_AEAD_SOURCE tls/aead_ipsec.c)
  set(WSS_AEAD_LIBRARY "${WSS_IPSEC_MB_LIBRARY}")
  message(STATUS "TLS records: libipsec-mb, ${WSS_IPSEC_MB_LIBRARY}")
elseif(WSS_IPSEC_MB STREQUAL "on")
  message(FATAL_ERROR "WSS_IPSEC_MB is on, but cmake finds no intel-ipsec-mb.h and libIPSec_MB.")
else()
  message(STATUS "TLS records: Mbed TLS (libipsec-mb would be faster on x86-64)")
endif()

# Whoever links the objects of src/ links both.
if(WSS_AEAD_LIBRARY)
  target_link_libraries(wss_mbedtls INTERFACE "${WSS_AEAD_LIBRARY}")
endif()
