// The event stream: publish and subscribe by type within one system.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Xunit;

namespace Akka.Conformance.Tests.Events;

public sealed class EventStreamSpecs : Specification
{
    [Fact]
    public void A_subscriber_gets_the_events_of_its_type_and_no_other()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(Derived));
        Sys.EventStream.Publish(new Base());
        Sys.EventStream.Publish(new Derived());
        ExpectMsg<Derived>();
    }

    [Fact]
    public void A_subscriber_gets_events_of_derived_types()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(Base));
        Sys.EventStream.Publish(new Derived());
        Sys.EventStream.Publish(new Base());
        ExpectMsg<Derived>();
        Assert.IsType<Base>(ExpectMsg<Base>());
    }

    [Fact]
    public void A_subscriber_gets_events_that_implement_its_interface()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(IMarked));
        Sys.EventStream.Publish(new Base());
        Sys.EventStream.Publish(new Derived());
        ExpectMsg<Derived>();
    }

    [Fact]
    public void Subscribing_twice_delivers_once()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(Derived));
        Sys.EventStream.Subscribe(TestActor, typeof(Derived));
        Sys.EventStream.Publish(new Derived());
        ExpectMsg<Derived>();
        ExpectNothing();
    }

    [Fact]
    public void Subscribing_to_a_type_and_to_its_base_delivers_once()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(Base));
        Sys.EventStream.Subscribe(TestActor, typeof(Derived));
        Sys.EventStream.Publish(new Derived());
        ExpectMsg<Derived>();
        ExpectNothing();
    }

    [Fact]
    public void After_unsubscribing_from_a_type_its_events_come_no_more()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(Derived));
        Sys.EventStream.Subscribe(TestActor, typeof(string));
        Sys.EventStream.Unsubscribe(TestActor, typeof(Derived));
        Sys.EventStream.Publish(new Derived());
        Sys.EventStream.Publish("still subscribed");
        ExpectMsg("still subscribed");
    }

    [Fact]
    public void Unsubscribing_altogether_ends_every_subscription()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(Derived));
        Sys.EventStream.Subscribe(TestActor, typeof(string));
        Sys.EventStream.Unsubscribe(TestActor);
        Sys.EventStream.Publish(new Derived());
        Sys.EventStream.Publish("nobody listens");
        ExpectNothing();
    }

    [Fact]
    public void All_subscribers_get_the_event()
    {
        var other = CreateTestProbe();
        Sys.EventStream.Subscribe(TestActor, typeof(Derived));
        Sys.EventStream.Subscribe(other.Ref, typeof(Derived));
        Sys.EventStream.Publish(new Derived());
        ExpectMsg<Derived>();
        other.ExpectMsg<Derived>();
    }

    [Fact]
    public void A_dead_subscriber_harms_nobody()
    {
        var dying = StartEcho();
        Sys.EventStream.Subscribe(dying, typeof(Derived));
        Sys.EventStream.Subscribe(TestActor, typeof(Derived));
        StopAndWait(dying);
        Sys.EventStream.Publish(new Derived());
        ExpectMsg<Derived>();
    }

    [Fact]
    public void A_subscriber_that_died_is_unsubscribed_in_time()
    {
        var dying = StartEcho();
        Sys.EventStream.Subscribe(dying, typeof(Derived));
        StopAndWait(dying);
        AwaitCondition(() => !Sys.EventStream.Unsubscribe(dying), TimeSpan.FromSeconds(10));
        Assert.False(Sys.EventStream.Unsubscribe(dying));
    }

    [Fact]
    public void Subscribe_and_unsubscribe_say_whether_anything_changed()
    {
        Assert.True(Sys.EventStream.Subscribe(TestActor, typeof(Derived)));
        Assert.False(Sys.EventStream.Subscribe(TestActor, typeof(Derived)));
        Assert.True(Sys.EventStream.Unsubscribe(TestActor, typeof(Derived)));
        Assert.False(Sys.EventStream.Unsubscribe(TestActor, typeof(Derived)));
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
