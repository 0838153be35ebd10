//! The live machine. The only `unsafe` code of the project, one Win32 family a file.
