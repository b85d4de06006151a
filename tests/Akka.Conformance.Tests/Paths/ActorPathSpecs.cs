// Where an actor lives: address, elements, names, and the incarnation that a path alone does not tell.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Xunit;

namespace Akka.Conformance.Tests.Paths;

public sealed class ActorPathSpecs : Specification
{
    [Fact]
    public void A_top_level_actor_lives_under_the_user_guardian()
    {
        var actor = StartEcho("mine");
        Assert.Equal("akka://test/user/mine", actor.Path.ToString());
        Assert.Equal("mine", actor.Path.Name);
        Assert.Equal(["user", "mine"], actor.Path.Elements);
    }

    [Fact]
    public void A_child_lives_under_its_parent()
    {
        var parent = Start((context, _) => context.Sender.Tell(context.ActorOf(Scripted.By((_, _) => { }), "b")), "a");
        parent.Tell("spawn");
        var child = ExpectMsg<IActorRef>();
        Assert.Equal("akka://test/user/a/b", child.Path.ToString());
        Assert.Equal(parent.Path, child.Path.Parent);
    }

    [Fact]
    public void A_path_extends_with_a_slash()
    {
        var actor = StartEcho("base");
        Assert.Equal("akka://test/user/base/leaf", (actor.Path / "leaf").ToString());
    }

    [Fact]
    public void A_path_without_its_address_begins_at_the_root()
    {
        var actor = StartEcho("plain");
        Assert.Equal("/user/plain", actor.Path.ToStringWithoutAddress());
    }

    [Fact]
    public void A_path_knows_the_address_of_its_system()
    {
        var actor = StartEcho("addressed");
        Assert.Equal("akka://test", actor.Path.Address.ToString());
        Assert.Equal("test", actor.Path.Address.System);
    }

    [Fact]
    public void An_actor_without_a_name_gets_one_of_its_own()
    {
        var first = StartEcho();
        var second = StartEcho();
        Assert.StartsWith("$", first.Path.Name, StringComparison.Ordinal);
        Assert.NotEqual(first.Path.Name, second.Path.Name);
    }

    [Fact]
    public void Two_incarnations_share_the_path_and_differ_in_uid()
    {
        var first = StartEcho("again");
        StopAndWait(first);
        var second = StartEchoAgain("again");
        Assert.Equal(first.Path, second.Path);
        Assert.NotEqual(first.Path.Uid, second.Path.Uid);
    }

    [Fact]
    public void Equal_paths_have_equal_hash_codes()
    {
        var actor = StartEcho("hashed");
        var same = (actor.Path.Parent / "hashed");
        Assert.Equal(same, actor.Path);
        Assert.Equal(same.GetHashCode(), actor.Path.GetHashCode());
    }

    [Theory]
    [InlineData("a")]
    [InlineData("A-b_c.d")]
    [InlineData("x$y")]
    [InlineData("with~tilde@and=")]
    [InlineData("%20")]
    public void These_are_names(string name) => Assert.True(ActorPath.IsValidPathElement(name));

    [Theory]
    [InlineData("")]
    [InlineData("$a")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a#b")]
    [InlineData("\u00e4")]
    [InlineData("%2")]
    public void These_are_not_names(string name) => Assert.False(ActorPath.IsValidPathElement(name));

    [Theory]
    [InlineData("")]
    [InlineData("$a")]
    [InlineData("a b")]
    [InlineData("a/b")]
    public void An_actor_of_an_invalid_name_is_not_started(string name)
        => Assert.Throws<InvalidActorNameException>(() => StartEcho(name));

    [Fact]
    public void A_name_in_use_is_refused_and_its_owner_unharmed()
    {
        var owner = StartEcho("taken");
        Assert.Throws<InvalidActorNameException>(() => StartEcho("taken"));
        owner.Tell("still there");
        ExpectMsg("still there");
    }
}
