using System.Globalization;

namespace DmIo.Compare;

/// <summary>A load of this program, run as a child process: <c>DmIo.Compare LOAD ...</c>.</summary>
internal static class OwnLoad
{
    internal static Subject Of(string load, string name, CompareSettings settings, params string[] arguments) =>
        Of(load, [name], settings, arguments);

    internal static Subject Of(
        string load, IReadOnlyList<string> names, CompareSettings settings, params string[] arguments) => new(
        names,
        async end =>
        {
            string[] all =
            [
                load, "--seconds", settings.Seconds.ToString(CultureInfo.InvariantCulture),
                "--warmup", settings.WarmUpSeconds.ToString(CultureInfo.InvariantCulture), .. arguments,
            ];
            var assembly = typeof(OwnLoad).Assembly.GetName().Name + ".dll";
            return ReportLines.Read(await ChildProcess.RunAssemblyAsync(assembly, all, end), names.Count);
        });
}
