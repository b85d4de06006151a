using Xunit;

namespace DmIo.Volumes.Tests.Check;

public sealed class UnsupportedStateTests
{
    [Fact]
    public void A_delegate_is_refused_with_the_path_of_its_field() => AssertRefused(
        new Writer(), "Writer.lease.Callback: delegates cannot be part of a checked state.");

    [Fact]
    public void A_delegate_is_refused_where_any_object_may_be() => AssertRefused(
        new Holder<object> { Value = () => { } }, "Holder`1.Value: delegates cannot be part of a checked state.");

    [Fact]
    public void A_class_that_is_found_late_has_the_path_of_its_location() => AssertRefused(
        new Holder<object> { Value = new Lease() },
        "Holder`1.Value(Lease).Callback: delegates cannot be part of a checked state.");

    [Fact]
    public void A_type_is_refused() => AssertRefused(new Holder<Type>(), "reflection objects");

    [Fact]
    public void A_timer_is_refused() => AssertRefused(new Holder<Timer>(), "timers");

    [Fact]
    public void A_task_is_refused() => AssertRefused(new Holder<Task<int>>(), "tasks");

    [Fact]
    public void A_thread_is_refused() => AssertRefused(new Holder<Thread[]>(), "Holder`1.Value[]: threads");

    [Fact]
    public void A_cancellation_token_is_refused() =>
        AssertRefused(new Holder<CancellationToken>(), "cancellation tokens");

    [Fact]
    public void A_native_integer_is_refused() => AssertRefused(new Holder<nint>(), "native integers");

    [Fact]
    public void A_class_of_the_platform_with_unknown_content_is_refused() =>
        AssertRefused(new Holder<LinkedList<int>> { Value = [] }, "does not know the content");

    [Fact]
    public void A_class_derived_from_a_container_is_refused()
    {
        AssertRefused(new Holder<Numbers> { Value = [] }, "does not know the content");
        AssertRefused(new Holder<List<int>> { Value = new Numbers() }, "Numbers where System.Collections.Generic.List");
    }

    [Fact]
    public void An_array_of_two_dimensions_is_refused() =>
        AssertRefused(new Holder<int[,]>(), "arrays of several dimensions");

    [Fact]
    public void A_comparer_of_the_callers_own_is_refused() => AssertRefused(
        new Holder<HashSet<string>> { Value = new(StringComparer.OrdinalIgnoreCase) }, "the comparer");

    [Fact]
    public void A_key_with_an_identity_is_refused() =>
        AssertRefused(new Holder<Dictionary<Lease, int>>(), "keys must be values");

    [Fact]
    public void An_array_of_another_type_than_declared_is_refused() =>
        AssertRefused(new Holder<object[]> { Value = new string[1] }, "System.String[] where System.Object[]");

    [Fact]
    public void A_cycle_in_a_declared_value_is_refused()
    {
        var chain = new Chain { Next = new Chain() };
        chain.Next.Next = chain;

        var thrown = Assert.Throws<NotSupportedException>(
            () => new StateCodec(new StateSchema(typeof(Chain))).Encode(chain).ToArray());

        Assert.Contains("Chain", thrown.Message);
    }

    [Fact]
    public void A_codec_works_after_it_refused_a_graph()
    {
        var codec = new StateCodec();
        Assert.Throws<NotSupportedException>(() => codec.Encode<object>(new Writer()).ToArray());

        Assert.Equal(5, codec.Decode<object>(codec.Encode<object>(5).ToArray()));
        Assert.Throws<NotSupportedException>(() => codec.Encode<object>(new Writer()).ToArray());
    }

    [Fact]
    public void Static_fields_are_not_part_of_a_state()
    {
        Counter.Total = () => 5;

        Assert.Equal(1, new StateCodec().Encode(new Counter()).Length);
    }

    private static void AssertRefused<T>(T graph, string message)
    {
        var thrown = Assert.Throws<NotSupportedException>(() => new StateCodec().Encode(graph).ToArray());
        Assert.Contains(message, thrown.Message);
    }

    internal sealed class Writer
    {
        private readonly Lease lease = new();

        public void Expire() => lease.Callback?.Invoke();
    }

    internal sealed class Lease
    {
        public Action? Callback { get; set; }
    }

    internal sealed class Holder<T>
    {
        public T? Value { get; set; }
    }

    internal sealed class Numbers : List<int>;

    internal sealed class Chain
    {
        public Chain? Next { get; set; }
    }

    internal sealed class Counter
    {
        public static Func<int>? Total { get; set; }
    }
}
