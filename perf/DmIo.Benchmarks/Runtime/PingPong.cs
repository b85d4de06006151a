// Two actors and 32 messages between them: what a message costs. Per message.

using Akka.Actor;
using BenchmarkDotNet.Attributes;

namespace DmIo.Benchmarks.Runtime;

[MemoryDiagnoser]
public class PingPong
{
    private const int Messages = 2_000_000;
    private const int InFlight = 32;

    private ActorSystem _system = null!;
    private IActorRef _ping = null!;

    [GlobalSetup]
    public void Setup()
    {
        _system = ActorSystem.Create("benchmark");
        var pong = _system.ActorOf(Props.Create(() => new Pong()));
        _ping = _system.ActorOf(Props.Create(() => new Ping(pong)));
    }

    [GlobalCleanup]
    public Task Cleanup() => _system.Terminate();

    [Benchmark(OperationsPerInvoke = Messages)]
    public Task Message() => _ping.Ask<string>("serve");

    private sealed class Pong : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(message, Self);
    }

    private sealed class Ping(IActorRef pong) : UntypedActor
    {
        private static readonly object Ball = new();

        private IActorRef _referee = ActorRefs.Nobody;
        private int _toServe;
        private int _toReturn;

        protected override void OnReceive(object message)
        {
            if (ReferenceEquals(message, Ball))
            {
                Play();
                return;
            }

            _referee = Sender;
            _toServe = _toReturn = Messages / 2;
            for (var i = 0; i < InFlight; i++)
            {
                Serve();
            }
        }

        private void Play()
        {
            if (--_toReturn == 0)
            {
                _referee.Tell("done", Self);
            }
            else if (_toServe > 0)
            {
                Serve();
            }
        }

        private void Serve()
        {
            _toServe--;
            pong.Tell(Ball, Self);
        }
    }
}
