// The base class of a test with actors under xunit: a system per test, terminated when the test is over.

using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Xunit.Abstractions;

namespace Akka.TestKit.Xunit2;

/// <summary>Derive a test class from it.</summary>
public class TestKit : TestKitBase, IDisposable
{
    private bool _isDisposed;

    /// <summary>On the system given, or on one of its own; both are terminated when the test is over.</summary>
    public TestKit(ActorSystem? system = null, ITestOutputHelper? output = null)
        : base(system, config: null, actorSystemName: null, testActorName: null)
    {
        Output = output;
        InitializeLogger(Sys);
    }

    public TestKit(Config config, string? actorSystemName = null, ITestOutputHelper? output = null)
        : base(system: null, config, actorSystemName, testActorName: null)
    {
        Output = output;
        InitializeLogger(Sys);
    }

    /// <summary>With the configuration given as HOCON text.</summary>
    public TestKit(string config, ITestOutputHelper? output = null)
        : this(ConfigurationFactory.ParseString(config), actorSystemName: null, output)
    {
    }

    /// <summary>Where the log goes too, if given.</summary>
    protected ITestOutputHelper? Output { get; }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Runs before the system is terminated.</summary>
    protected virtual void AfterAll()
    {
    }

    /// <summary>Copies the system's log to the test's output.</summary>
    protected void InitializeLogger(ActorSystem system)
    {
        if (Output is not { } output)
        {
            return;
        }

        var props = Props.Create(() => new TestOutputLogger(output));
        var logger = ((ExtendedActorSystem)system).SystemActorOf(props, "log-test");
        logger.Ask<LoggerInitialized>(new InitializeLogger(system.EventStream), TimeSpan.FromSeconds(3))
            .GetAwaiter().GetResult();
    }

    protected virtual void Dispose(bool disposing)
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        try
        {
            AfterAll();
        }
        finally
        {
            Shutdown();
        }
    }
}
