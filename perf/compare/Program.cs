using System.CommandLine;
using DmIo.Compare;

using var end = new EndOfProcess();
// Ctrl-C is ours: files are removed, and what there is is written.
return await CompareCommand.Create(end.Token)
    .Parse(args)
    .InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
