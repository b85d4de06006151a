using Akka.Actor;
using Akka.Configuration;
using DmIo.Actors.Client;
using DmIo.Actors.Tests.Settings;
using Xunit;

namespace DmIo.Actors.Tests.Hostile;

/// <summary>Settings that are valid but unusable at the start: the start fails with the name of the key, and closes the
/// devices that it has opened.</summary>
public sealed class StartFuzzTests
{
    private static readonly string[] Paths =
    [
        "dmio.dispatcher", "dmio.devices.disk1.path", "dmio.devices.uri1.uri",
        "dmio.devices.\"x\".size", "dmio.device-providers.mine", "dmio.devices.disk1.create-size",
    ];

    private static readonly string[] Values =
    [
        "x", ".", "/", "/nowhere/at/all", "a\\u0000b", "\\u0000", " ", "\\\"", "a\\\"b", "a.b..c", "akka", "akka.actor",
        "\\ud800", "System.String", "System.String, System.Private.CoreLib", "Akka.Actor.Nobody, Akka", "[", "é",
        "mine://", "mine://\\u0000", "mine://here", "nbd://\\ud800/", "1EiB", "7EiB", "512",
        new('x', 300), new('/', 5000), "/proc/self/mem", "/dev/null", "/proc/self/fd/999", ",", "$(x)", "\\n",
    ];

    public static TheoryData<string> AllPaths => [.. Paths];

    [Theory]
    [MemberData(nameof(AllPaths))]
    public async Task A_failed_start_names_the_key(string path)
    {
        using var folder = new ScratchFolder();
        foreach (var value in Values)
        {
            var device = path.Contains("disk1", StringComparison.Ordinal)
                ? $"backend = file\npath = \"{folder.PathOf("disk")}\""
                : path.Contains("uri1", StringComparison.Ordinal) ? "backend = uri\nuri = \"none://x\""
                : "backend = memory\nsize = 4KiB";
            await StartAsync($$"""
                dmio.devices {
                  {{(path.Contains("disk1", StringComparison.Ordinal) ? "disk1" : "uri1")}} {
                    {{device}}
                  }
                  x {
                    backend = null
                    size = 4KiB
                  }
                }
                {{path}} = "{{value}}"

                """, $"{path} = '{value}'");
        }
    }

    private static async Task StartAsync(string hocon, string shown)
    {
        using var system = ActorSystem.Create("test", ConfigurationFactory.ParseString(
            "akka.loglevel = OFF\nakka.stdout-loglevel = OFF\n" + hocon));
        try
        {
            await DmIoService.For(system).GetPoolStatusAsync().InTime();
        }
        catch (ConfigurationException fault)
        {
            Assert.True(
                fault.Message.Contains("dmio", StringComparison.Ordinal) && fault.Message.Length < 20_000,
                $"{shown}: {fault.Message}");
        }
        catch (Exception fault)
        {
            throw new InvalidOperationException($"{shown}: {fault.GetType().Name}: {fault.Message}", fault);
        }
        finally
        {
            await system.Terminate().InTime();
        }
    }
}
