using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Actors.Tests.Client;
using DmIo.Devices;
using DmIo.Io;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.Actors.Tests.Hostile;

/// <summary>Any arguments of the service's and the client's methods lead to a result, or to an intended exception that
/// describes the error, and never to a hang.</summary>
public sealed class ClientFuzzTests(ITestOutputHelper output)
{
    private const int CallsOfCase = 30;

    [Fact]
    public async Task Every_call_ends_with_a_result_or_a_documented_exception()
    {
        var seed = FuzzPlan.NewSeed();
        output.WriteLine($"DMIO_FUZZ_SEED={seed} DMIO_FUZZ_CASES={FuzzPlan.Cases}");
        await using var running = await new RunningService().WithMemoryAsync("disk", "other");
        await using (var client = await running.Service.OpenAsync(pages: 16).InTime())
        {
            await FuzzPlan.RunAsync(seed, async random =>
            {
                var values = new HostileValues(random, "disk", "other");
                for (var count = 0; count < CallsOfCase; count++)
                {
                    await CallAsync(values, running.Service, client);
                }
            });

            Assert.Equal(0, client.OutstandingCount);
            Assert.True((await client.WriteAsync(new IoRegion("disk", 0, 8), new byte[4096]).InTime()).IsOk);
        }

        await running.PoolWhenAsync(pool => pool is { Leased: 0, Draining: 0, Leases: 0 });
        Assert.Equal(["disk", "other"], (await running.Service.GetDevicesAsync().InTime()).Select(one => one.Name));
    }

    [Fact]
    public async Task Messages_of_strangers_to_the_client_actor_affect_no_client()
    {
        var seed = FuzzPlan.NewSeed();
        output.WriteLine($"DMIO_FUZZ_SEED={seed} DMIO_FUZZ_CASES={FuzzPlan.Cases}");
        await using var running = await new RunningService().WithMemoryAsync("disk");
        await using var client = await running.Service.OpenAsync(pages: 16).InTime();
        const string Place = "/system/dmio-client-1";

        await FuzzPlan.RunAsync(seed, async random =>
        {
            var messages = new HostileMessages(new HostileValues(random, "disk"), ActorRefs.Nobody);
            running.System.ActorSelection(Place).Tell(messages.Nonsense(), ActorRefs.NoSender);
            Assert.True((await client.WriteAsync(new IoRegion("disk", 0, 8), new byte[4096]).InTime()).IsOk);
        });
    }

    private static async Task CallAsync(HostileValues values, DmIoService service, IoClient client)
    {
        try
        {
            await (values.Random.Next(12) switch
            {
                0 => client.ReadAsync(values.Region(), values.Memory()!, values.Options()).InTime(),
                1 => client.FlushAsync(values.Name(), values.Options()).InTime(),
                2 => client.DiscardAsync(values.Regions(), values.Options()).InTime(),
                3 => client.WriteZeroesAsync(values.Regions(), values.Options()).InTime(),
                4 => service.GetExtentsAsync(values.Name(), values.Long(), values.Long(), values.Int()).InTime(),
                5 => AttachAsync(values, service),
                6 => service.DetachAsync($"{values.Name()}?").InTime(),
                7 => OpenAsync(values, service),
                8 => service.AttachAsync("x", values.Name()).InTime(),
                _ => client.RequestAsync(values.Operation(), values.Regions(), values.Memory(), values.Options())
                    .InTime(),
            });
        }
        catch (Exception fault) when (IsExpected(fault))
        {
            Assert.NotEmpty(fault.Message);
        }
    }

    private static async Task AttachAsync(HostileValues values, DmIoService service)
    {
        var name = $"{values.Name()}{Guid.NewGuid():N}{(values.Random.Next(3) == 0 ? "\n" : "")}";
        await service.AttachAsync(name, values.Device(), values.Depth(), values.Policy()).InTime();
        await service.DetachAsync(name).InTime();
    }

    private static async Task OpenAsync(HostileValues values, DmIoService service)
    {
        await using var client = await service.OpenAsync(values.Int(), wait: false, values.Int()).InTime();
    }

    /// <summary>Lists and memory of the caller may throw their own exceptions.</summary>
    private static bool IsExpected(Exception fault) =>
        fault is IoRefusedException or ArgumentException or DeviceOpenException
        || (fault is InvalidOperationException && fault.Message.Contains("test has no", StringComparison.Ordinal));
}
