"""Long texts: a book becomes a job, a folder on disk that any gateway may go on with.

reading      a file → a `book`: `plain`, `markdown`, `epub`, `archive` (zip); `extra`: libraries that may be absent
order        how it is to be spoken, checked before it costs anything
cutting      chapters → what upstream takes at once
job          what becomes of each part; pure
library      jobs on disk; `record`: one that this process drives
asking       submit a part and pay for it once; `fetching`: wait for it and bring it home, `result`: what comes
binding      parts → chapters → the whole: `joining`, `timings`, `id3`, `ffmetadata`
driver       one job to its end; `jobs`: all of a gateway's
following    tell a socket how they come on
command      `voice-gateway longform`
"""
