using System.Threading.Channels;
using Akka.Actor;

namespace DmIo.Nbd.Tests;

/// <summary>Collects the events that are published on a system's event stream.</summary>
internal sealed class EventProbe
{
    private readonly Channel<object> events = Channel.CreateUnbounded<object>();

    internal EventProbe(ActorSystem system, Type type)
    {
        var listener = system.ActorOf(Props.Create(() => new Listener(events.Writer)));
        system.EventStream.Subscribe(listener, type);
    }

    internal Task<object> NextAsync() => events.Reader.ReadAsync().AsTask().InTime();

    /// <summary>The next event of the type; skips others.</summary>
    internal async Task<T> NextAsync<T>()
    {
        while (true)
        {
            if (await NextAsync() is T found)
            {
                return found;
            }
        }
    }

    private sealed class Listener : UntypedActor
    {
        private readonly ChannelWriter<object> events;

        public Listener(ChannelWriter<object> events) => this.events = events;

        protected override void OnReceive(object message) => events.TryWrite(message);
    }
}
