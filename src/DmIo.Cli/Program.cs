using DmIo.Cli;

SocketCompletions.RunInline();
using var console = new SystemConsole();
return await CommandLine.RunAsync(args, console);
