@echo off
rem The openexec command of VS Code's terminals: VS Code's own executable runs it.
setlocal
set ELECTRON_RUN_AS_NODE=1
if not defined OPENEXEC_RUNTIME set OPENEXEC_RUNTIME=node
"%OPENEXEC_RUNTIME%" "%~dp0..\dist\cli.js" %*
