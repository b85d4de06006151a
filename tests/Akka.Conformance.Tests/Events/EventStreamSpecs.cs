// The event stream: publish and subscribe by type within one system.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Akka.Event;
using Xunit;

namespace Akka.Conformance.Tests.Events;

public sealed class EventStreamSpecs : Specification
{
    [Fact]
    public void A_subscriber_gets_the_events_of_its_type_and_no_other()
    {
        Sys.EventStream.Subscribe<Derived>(TestActor);
        Sys.EventStream.Publish(new Base());
        Sys.EventStream.Publish(new Derived());
        ExpectMsg<Derived>();
    }

    [Fact]
    public void A_subscriber_gets_events_of_derived_types()
    {
        Sys.EventStream.Subscribe<Base>(TestActor);
        Sys.EventStream.Publish(new Derived());
        Sys.EventStream.Publish(new Base());
        ExpectMsg<Derived>();
        Assert.IsType<Base>(ExpectMsg<Base>());
    }

    [Fact]
    public void A_subscriber_gets_events_that_implement_its_interface()
    {
        Sys.EventStream.Subscribe<IMarked>(TestActor);
        Sys.EventStream.Publish(new Base());
        Sys.EventStream.Publish(new Derived());
        ExpectMsg<Derived>();
    }

    [Fact]
    public void Subscribing_twice_delivers_once()
    {
        Sys.EventStream.Subscribe<Derived>(TestActor);
        Sys.EventStream.Subscribe<Derived>(TestActor);
        Sys.EventStream.Publish(new Derived());
        ExpectMsg<Derived>();
        ExpectNothing();
    }

    [Fact]
    public void Subscribing_to_a_type_and_to_its_base_delivers_once()
    {
        Sys.EventStream.Subscribe<Base>(TestActor);
        Sys.EventStream.Subscribe<Derived>(TestActor);
        Sys.EventStream.Publish(new Derived());
        ExpectMsg<Derived>();
        ExpectNothing();
    }

    [Fact]
    public void After_unsubscribing_from_a_type_its_events_come_no_more()
    {
        Sys.EventStream.Subscribe<Derived>(TestActor);
        Sys.EventStream.Subscribe<string>(TestActor);
        Sys.EventStream.Unsubscribe<Derived>(TestActor);
        Sys.EventStream.Publish(new Derived());
        Sys.EventStream.Publish("still subscribed");
        ExpectMsg("still subscribed");
    }

    [Fact]
    public void Unsubscribing_altogether_ends_every_subscription()
    {
        Sys.EventStream.Subscribe<Derived>(TestActor);
        Sys.EventStream.Subscribe<string>(TestActor);
        Sys.EventStream.Unsubscribe(TestActor);
        Sys.EventStream.Publish(new Derived());
        Sys.EventStream.Publish("nobody listens");
        ExpectNothing();
    }

    [Fact]
    public void All_subscribers_get_the_event()
    {
        var other = CreateTestProbe();
        Sys.EventStream.Subscribe<Derived>(TestActor);
        Sys.EventStream.Subscribe<Derived>(other.Ref);
        Sys.EventStream.Publish(new Derived());
        ExpectMsg<Derived>();
        other.ExpectMsg<Derived>();
    }

    [Fact]
    public void A_dead_subscriber_harms_nobody()
    {
        var dying = StartEcho();
        Sys.EventStream.Subscribe<Derived>(dying);
        Sys.EventStream.Subscribe<Derived>(TestActor);
        StopAndWait(dying);
        Sys.EventStream.Publish(new Derived());
        ExpectMsg<Derived>();
    }

    [Fact]
    public void A_subscriber_that_died_is_unsubscribed_in_time()
    {
        var dying = StartEcho();
        Sys.EventStream.Subscribe<Derived>(dying);
        StopAndWait(dying);
        AwaitCondition(() => !Sys.EventStream.Unsubscribe(dying), TimeSpan.FromSeconds(10));
        Assert.False(Sys.EventStream.Unsubscribe(dying));
    }

    [Fact]
    public void Subscribe_and_unsubscribe_say_whether_anything_changed()
    {
        Assert.True(Sys.EventStream.Subscribe<Derived>(TestActor));
        Assert.False(Sys.EventStream.Subscribe<Derived>(TestActor));
        Assert.True(Sys.EventStream.Unsubscribe<Derived>(TestActor));
        Assert.False(Sys.EventStream.Unsubscribe<Derived>(TestActor));
    }

    private void ExpectNothing()
    {
        TestActor.Tell("nothing");
        ExpectMsg("nothing");
    }

    private interface IMarked;

    private class Base;

    private sealed class Derived : Base, IMarked;
}
