using Akka;
using Akka.Actor;
using Akka.Hosting;
using DmIo.Actors.Client;
using DmIo.Io;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace DmIo.Hosting.Tests;

/// <summary>The shutdown of a host.</summary>
public sealed class ShutdownTests
{
    [Fact]
    public async Task A_task_of_the_last_phase_of_the_application_writes_by_an_injected_client()
    {
        IoResult? last = null;
        var host = await TestHost.StartAsync(
            akka => akka.WithDmIo(dmio => dmio.AddMemory("disk", ByteSize.FromKiB(4))),
            services => services.AddDmIoClient("journal", pages: 1));
        var journal = host.Services.GetRequiredKeyedService<IoClient>("journal");
        CoordinatedShutdown.Get(host.Services.GetRequiredService<ActorSystem>()).AddTask(
            CoordinatedShutdown.PhaseBeforeActorSystemTerminate,
            "last-write",
            async () =>
            {
                last = await journal.WriteAsync(new IoRegion("disk", 0, 1), new byte[512]);
                return Done.Instance;
            });

        await host.DisposeAsync();

        Assert.True(last?.IsOk);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_phase_of_the_service_has_time_for_its_shutdown_timeout(bool isFromHocon)
    {
        await using var host = await TestHost.StartAsync(akka =>
        {
            if (isFromHocon)
            {
                akka.AddHocon("dmio.shutdown-timeout = 20s", HoconAddMode.Prepend);
            }

            akka.WithDmIo().WithDmIo(dmio => dmio.ShutdownTimeout = isFromHocon ? null : TimeSpan.FromSeconds(20));
        });

        var shutdown = CoordinatedShutdown.Get(host.Services.GetRequiredService<ActorSystem>());

        Assert.Equal(TimeSpan.FromSeconds(21), shutdown.Timeout("dmio-stop"));
    }
}
