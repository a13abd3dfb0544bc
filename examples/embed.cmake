# wss_embed_page(FILE HEADER): turns a page into a C header with its bytes, a NUL
# behind them, and the hashes that let a Content-Security-Policy admit its style
# and script.

function(wss_base64_of_hash hex result)
  set(alphabet ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/)
  set(base64 "")
  foreach(at RANGE 0 60 6) # 32 bytes and one of padding, three at a time
    string(SUBSTRING "${hex}00" ${at} 6 group)
    math(EXPR bits "0x${group}")
    foreach(shift 18 12 6 0)
      math(EXPR index "(${bits} >> ${shift}) & 63")
      string(SUBSTRING ${alphabet} ${index} 1 letter)
      string(APPEND base64 ${letter})
    endforeach()
  endforeach()
  string(REGEX REPLACE ".$" "=" base64 ${base64})
  set(${result} ${base64} PARENT_SCOPE)
endfunction()

function(wss_hash_of_element page tag result)
  if(NOT page MATCHES "<${tag}>(.*)</${tag}>")
    message(FATAL_ERROR "The page has no <${tag}>.")
  endif()
  string(SHA256 hex "${CMAKE_MATCH_1}")
  wss_base64_of_hash(${hex} base64)
  set(${result} "'sha256-${base64}'" PARENT_SCOPE)
endfunction()

function(wss_embed_page file header)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
  file(READ "${file}" page)
  file(READ "${file}" bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  wss_hash_of_element("${page}" style style)
  wss_hash_of_element("${page}" script script)
  cmake_path(GET file FILENAME name)
  file(CONFIGURE OUTPUT "${header}" @ONLY CONTENT [[
/* Made of @name@ by embed.cmake. */
#define PAGE_STYLE "@style@"
#define PAGE_SCRIPT "@script@"
static const unsigned char page[] = {@bytes@0};
]])
endfunction()
