using DmIo.Cli;

using var console = new SystemConsole();
return await CommandLine.RunAsync(args, console);
