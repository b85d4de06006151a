// Questions to one actor from outside, one after the other and from 32 askers at a time. Per question.

using Akka.Actor;
using BenchmarkDotNet.Attributes;

namespace DmIo.Benchmarks.Runtime;

[MemoryDiagnoser]
public class AskRoundTrip
{
    private const int Questions = 100_000;

    private ActorSystem _system = null!;
    private IActorRef _echo = null!;

    [Params(1, 32)]
    public int Askers { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _system = ActorSystem.Create("benchmark");
        _echo = _system.ActorOf(Props.Create(() => new Echo()));
    }

    [GlobalCleanup]
    public Task Cleanup() => _system.Terminate();

    [Benchmark(OperationsPerInvoke = Questions)]
    public Task WithoutTimeOut() => AskAll(timeout: null);

    [Benchmark(OperationsPerInvoke = Questions)]
    public Task WithTimeOut() => AskAll(TimeSpan.FromSeconds(10));

    private Task AskAll(TimeSpan? timeout) =>
        Task.WhenAll(Enumerable.Range(0, Askers).Select(_ => Task.Run(() => AskInTurn(Questions / Askers, timeout))));

    private async Task AskInTurn(int questions, TimeSpan? timeout)
    {
        for (var i = 0; i < questions; i++)
        {
            await _echo.Ask<string>("?", timeout);
        }
    }

    private sealed class Echo : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(message, Self);
    }
}
