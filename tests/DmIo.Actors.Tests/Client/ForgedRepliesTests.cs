using Akka.Actor;
using DmIo.Io;
using Xunit;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Tests.Client;

/// <summary>Replies that do not come from the service must not affect a client.</summary>
public sealed class ForgedRepliesTests
{
    private const string FirstClient = "/system/dmio-client-1";
    private const string SecondClient = "/system/dmio-client-2";

    [Fact]
    public async Task A_client_that_waits_for_its_pages_ignores_forged_grants()
    {
        await using var running = new RunningService("dmio.pool.max-pages = 8\n");
        await using var first = await running.Service.OpenAsync(pages: 8).InTime();
        var second = running.Service.OpenAsync(pages: 4, wait: true);
        await running.PoolWhenAsync(pool => pool.Waiting == 1);

        await TellAsync(running, SecondClient, new Granted(null!, null!));
        await TellAsync(running, SecondClient, new Granted(first.Lease, first.Requests));
        await TellAsync(running, SecondClient, new GetRefused(4, 0, "Not by the service."));
        Assert.False(second.IsCompleted);

        await first.DisposeAsync().InTime();
        await using var opened = await second.InTime();
        Assert.Equal(4, opened.Lease.Count);
    }

    [Fact]
    public async Task A_closing_client_ignores_forged_replies()
    {
        await using var running = new RunningService();
        var stuck = await running.AttachStuckAsync("disk");
        var client = await running.Service.OpenAsync(pages: 8).InTime();
        var write = client.WriteAsync(new IoRegion("disk", 0, 8), new byte[4096]);
        await stuck.WhenHungAsync(1).InTime();
        var closing = client.DisposeAsync().AsTask();

        await TellAsync(running, FirstClient, new PutDone(client.Lease.Id, 8));
        await TellAsync(running, FirstClient, new PutRefused(client.Lease.Id, "Not by the service."));
        Assert.False(closing.IsCompleted);

        stuck.Release();
        Assert.True((await write.InTime()).IsOk);
        await closing.InTime();
        await running.PoolWhenAsync(pool => pool is { Leased: 0, Draining: 0 });
    }

    /// <summary>Completes when the actor at the path has handled the message.</summary>
    private static async Task TellAsync(RunningService running, string path, object message)
    {
        var actor = await running.System.ActorSelection(path).ResolveOne(TimeSpan.FromSeconds(60));
        actor.Tell(message, ActorRefs.NoSender);
        var known = await actor.Ask<ActorIdentity>(new Identify(null), TimeSpan.FromSeconds(60));
        Assert.Equal(actor, known.Subject);
    }
}
