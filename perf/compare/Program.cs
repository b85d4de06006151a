using System.CommandLine;
using DmIo.Compare;

using var end = new EndOfProcess();
// Ctrl-C is handled: files are removed, and the results so far are written.
return await CompareCommand.Create(end.Token)
    .Parse(args)
    .InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
