# SPDX-License-Identifier: MIT
#
# Edits a copied source file, or fails: an upstream release that changed the text must be looked at.

# pqq_edit_source(<file> <old> <new>)
# Replaces <old>, which must occur exactly once, by <new>. Line ends become LF: crates may carry CR LF.
function(pqq_edit_source file old new)
  file(READ "${file}" text)
  string(REPLACE "\r\n" "\n" text "${text}")
  string(FIND "${text}" "${old}" first)
  string(FIND "${text}" "${old}" last REVERSE)
  if(first EQUAL -1 OR NOT first EQUAL last)
    if(first EQUAL -1)
      set(found "not found")
    else()
      set(found "found more than once")
    endif()
    message(FATAL_ERROR "${file}: the text to change was ${found}. Look at what upstream changed, then fix "
                        "native/cmake/Dependencies.cmake. The text:\n${old}")
  endif()
  string(REPLACE "${old}" "${new}" text "${text}")
  file(WRITE "${file}" "${text}")
endfunction()
