// The Python language host of Pulumi, for machines without the official command line: the engine starts it, and it
// starts Python. The official host is a Go module of its own that the module proxy does not carry; this one is
// written on the public SDK and does what programs, component plugins and policy packs need.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/logging"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

const (
	// The build puts this script of the SDK beside the binary.
	execScript = "pulumi-language-python-exec"
	// The script's way to say that the user has seen the error already.
	errorShown = 32
	// How often we look whether the engine lives, and how long running calls get to end once it doesn't.
	engineCheck, lastWords = time.Second, 2 * time.Second
)

type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	// stopped ends with the host; every Python process is bound to it.
	stopped context.Context
	stop    context.CancelFunc
	engine  string
}

func main() {
	flag.String("tracing", "", "accepted, not used")
	flag.String("root", "", "accepted, not used")
	flag.Parse()
	// Python may write to the engine's pipe after the engine is gone; that must not skip our own clean end.
	signal.Ignore(syscall.SIGPIPE)
	stopped, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	h := &host{stopped: stopped, stop: stop}
	if err := h.serve(flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-language-python:", err)
		os.Exit(1)
	}
}

func (h *host) serve(engine string) error {
	logging.InitLogging(false, 0, false)
	if err := h.watch(engine); err != nil {
		return err
	}
	cancel := make(chan bool)
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, h)
			return nil
		},
		Options: rpcutil.TracingServerInterceptorOptions(nil),
	})
	if err != nil {
		return err
	}
	fmt.Println(handle.Port)
	select {
	case err := <-handle.Done:
		return err
	case <-h.stopped.Done():
	}
	close(cancel)
	select {
	case err := <-handle.Done:
		return err
	case <-time.After(lastWords):
		return errors.New("stopped with calls still running")
	}
}

// watch stops the host when the engine is gone, however it went. Without an address (attached hosts get theirs in
// the handshake) there is nothing to watch yet.
func (h *host) watch(engine string) error {
	if engine == "" || h.engine != "" {
		return nil
	}
	h.engine = engine
	return rpcutil.Healthcheck(h.stopped, engine, engineCheck, h.stop)
}

func (h *host) Handshake(
	_ context.Context, req *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	return &pulumirpc.LanguageHandshakeResponse{}, h.watch(req.EngineAddress)
}

func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version.Version}, nil
}

// GetRequiredPackages names none: the program's resource registrations name what they need, with versions.
func (h *host) GetRequiredPackages(
	context.Context, *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

func (h *host) GetRequiredPlugins(
	context.Context, *pulumirpc.GetRequiredPluginsRequest,
) (*pulumirpc.GetRequiredPluginsResponse, error) {
	return &pulumirpc.GetRequiredPluginsResponse{}, nil
}

func (h *host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	h.stop()
	return &emptypb.Empty{}, nil
}

func (h *host) About(ctx context.Context, req *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	tools, err := resolve(req.GetInfo())
	if err != nil {
		return nil, err
	}
	info, err := tools.About(ctx)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.AboutResponse{Executable: info.PythonExecutable, Version: info.PythonVersion.String()}, nil
}

func (h *host) GetProgramDependencies(
	ctx context.Context, req *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	tools, err := resolve(req.GetInfo())
	if err != nil {
		return nil, err
	}
	packages, err := tools.ListPackages(ctx, req.TransitiveDependencies)
	if err != nil {
		return nil, err
	}
	answer := &pulumirpc.GetProgramDependenciesResponse{}
	for _, found := range packages {
		answer.Dependencies = append(answer.Dependencies,
			&pulumirpc.DependencyInfo{Name: found.Name, Version: found.Version})
	}
	return answer, nil
}

func (h *host) InstallDependencies(
	req *pulumirpc.InstallDependenciesRequest, server pulumirpc.LanguageRuntime_InstallDependenciesServer,
) error {
	tools, err := resolve(req.Info)
	if err != nil {
		return err
	}
	closer, stdout, stderr, err := rpcutil.MakeInstallDependenciesStreams(server, req.IsTerminal)
	if err != nil {
		return err
	}
	err = tools.InstallDependencies(server.Context(), req.Info.ProgramDirectory, req.UseLanguageVersionTools,
		true /*showOutput*/, stdout, stderr)
	return errors.Join(err, closer.Close())
}

func (h *host) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	cmd, err := h.program(ctx, req)
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	err = h.runBound(ctx, cmd)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case errors.As(err, &exit) && exit.ExitCode() == errorShown:
		return &pulumirpc.RunResponse{Bail: true}, nil
	case errors.As(err, &exit):
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("the Python program ended with %s", exit)}, nil
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("could not run the Python program: %v", err)}, nil
	}
}

// program is the command that runs a Pulumi program under the SDK's script.
func (h *host) program(ctx context.Context, req *pulumirpc.RunRequest) (*exec.Cmd, error) {
	tools, err := resolve(req.Info)
	if err != nil {
		return nil, err
	}
	if err := tools.ValidateVenv(ctx); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	// Empty must read {} and [], never null: the SDK takes len() of both.
	config := map[string]string{}
	for key, value := range req.Config {
		config[strings.Replace(key, ":config:", ":", 1)] = value
	}
	values, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	secrets, err := json.Marshal(append([]string{}, req.ConfigSecretKeys...))
	if err != nil {
		return nil, err
	}
	args := append([]string{
		"-u", filepath.Join(filepath.Dir(self), execScript),
		"--monitor", req.MonitorAddress, "--engine", h.engine,
		"--project", req.Project, "--root_directory", req.Info.RootDirectory,
		"--stack", req.Stack, "--pwd", req.Pwd,
		"--dry_run", strconv.FormatBool(req.DryRun), "--parallel", strconv.Itoa(int(req.Parallel)),
		"--organization", req.Organization,
		filepath.Join(req.Info.ProgramDirectory, req.Info.EntryPoint),
	}, req.Args...)
	cmd, err := tools.Command(ctx, args...)
	if err != nil {
		return nil, err
	}
	cmd.Dir = req.Pwd
	cmd.Env = append(cmd.Environ(), "PULUMI_CONFIG="+string(values), "PULUMI_CONFIG_SECRET_KEYS="+string(secrets))
	return cmd, nil
}

func (h *host) RunPlugin(
	req *pulumirpc.RunPluginRequest, server pulumirpc.LanguageRuntime_RunPluginServer,
) error {
	tools, err := resolve(req.Info)
	if err != nil {
		return err
	}
	ctx := server.Context()
	if err := tools.ValidateVenv(ctx); err != nil {
		return err
	}
	folder := req.Info.ProgramDirectory
	args, pwd := slices.Concat([]string{"-u", folder}, req.Args), req.Pwd
	if req.Kind == string(apitype.AnalyzerPlugin) {
		args, pwd = slices.Concat([]string{"-u", "-m", "pulumi.policy"}, req.Args, []string{folder}), folder
	}
	cmd, err := tools.Command(ctx, args...)
	if err != nil {
		return err
	}
	venv, err := tools.VirtualEnvPath(ctx)
	if err != nil {
		return err
	}
	cmd.Dir, cmd.Env = pwd, req.Env
	if venv != "" {
		cmd.Env = toolchain.ActivateVirtualEnv(req.Env, venv)
	}
	closer, stdout, stderr, err := rpcutil.MakeRunPluginStreams(server, false /*isTerminal*/)
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	err = h.runBound(ctx, cmd)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return errors.Join(err, closer.Close())
	}
	code := int32(cmd.ProcessState.ExitCode()) //nolint:gosec // an exit code
	return errors.Join(closer.Close(),
		server.Send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: code}}))
}

// runBound runs the command and ends it, with all that it started, when the call is cancelled (also by the engine's
// death) or the host stops.
func (h *host) runBound(ctx context.Context, cmd *exec.Cmd) error {
	// The kernel ends the child when the thread that started it ends, so that thread must stay ours.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = childAttributes()
	// Cancel is what the command's own context calls; WaitDelay frees us from grandchildren that keep a pipe open.
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = lastWords
	if err := cmd.Start(); err != nil {
		return err
	}
	defer context.AfterFunc(h.stopped, func() { _ = cmd.Cancel() })()
	err := cmd.Wait()
	if ctx.Err() != nil || h.stopped.Err() != nil {
		return context.Canceled
	}
	return err
}

// resolve reads `runtime.options` of Pulumi.yaml: `virtualenv` (relative to the project) and `toolchain`.
func resolve(info *pulumirpc.ProgramInfo) (toolchain.Toolchain, error) {
	options := toolchain.PythonOptions{Root: info.GetRootDirectory(), ProgramDir: info.GetProgramDirectory()}
	for name, value := range info.GetOptions().AsMap() {
		text, isText := value.(string)
		if !isText {
			return nil, fmt.Errorf("runtime option %s in Pulumi.yaml: got %v; expected text", name, value)
		}
		switch {
		case name == "virtualenv":
			options.Virtualenv = text
		case name == "toolchain" && strings.EqualFold(text, "pip"):
			options.Toolchain = toolchain.Pip
		case name == "toolchain" && strings.EqualFold(text, "poetry"):
			options.Toolchain = toolchain.Poetry
		case name == "toolchain" && strings.EqualFold(text, "uv"):
			options.Toolchain = toolchain.Uv
		default:
			return nil, fmt.Errorf("runtime option %s: %s in Pulumi.yaml: this language host knows virtualenv, "+
				"and toolchain with pip, poetry or uv; take that option out or install the official pulumi", name, text)
		}
	}
	return toolchain.ResolveToolchain(options)
}
