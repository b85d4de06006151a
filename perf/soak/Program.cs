using DmIo.Soak;

try
{
    return await new SoakRun(SoakSettings.Parse(args), Console.Out).RunAsync() ? 0 : 1;
}
catch (FormatException fault)
{
    Console.Error.WriteLine(fault.Message);
    return 2;
}
