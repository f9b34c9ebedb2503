# Fails unless what `program` prints stands in `page`, word for word.
execute_process(COMMAND ${program} OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
file(READ ${page} text)
string(FIND "${text}" "${output}" position)
if(position EQUAL -1)
  message(FATAL_ERROR "${page} does not show what ${program} prints:\n${output}")
endif()
